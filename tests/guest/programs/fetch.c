// SPDX-License-Identifier: GPL-2.0
/*
 * fetch ADDRESS PORT: get /blob from an HTTP server and write its body to
 * standard output.  A static busybox cannot: its wget wants resolver libraries.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int connect_to(const char *address, int port)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval limit = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &peer.sin_addr) != 1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Skip the header: the body begins after an empty line. */
static void skip_header(FILE *in)
{
	char line[1024];

	while (fgets(line, sizeof(line), in) && strcmp(line, "\r\n"))
		;
}

int main(int argc, char **argv)
{
	static const char request[] = "GET /blob HTTP/1.0\r\n\r\n";
	static char buffer[65536];
	size_t got;
	FILE *in;
	int fd;

	if (argc != 3)
		return 2;
	fd = connect_to(argv[1], atoi(argv[2]));
	if (fd < 0)
		return fail("connect");
	if (write(fd, request, sizeof(request) - 1) != sizeof(request) - 1)
		return fail("write");
	in = fdopen(fd, "r");
	if (!in)
		return fail("fdopen");
	skip_header(in);
	while ((got = fread(buffer, 1, sizeof(buffer), in)))
		fwrite(buffer, 1, got, stdout);
	if (ferror(in))
		return fail("read");
	return fflush(stdout) ? fail("output") : 0;
}
