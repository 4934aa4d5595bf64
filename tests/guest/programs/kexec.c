// SPDX-License-Identifier: GPL-2.0
/*
 * Load another kernel, to start it at once or when this one crashes.
 *
 *	kexec load|crash KERNEL INITRD COMMAND-LINE
 *	kexec go
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/reboot.h>
#include <sys/syscall.h>

static int fail(const char *what)
{
	fprintf(stderr, "kexec: %s: %s\n", what, strerror(errno));
	return 1;
}

static int load(unsigned long flags, char **argv)
{
	int kernel, initrd;

	kernel = open(argv[0], O_RDONLY);
	if (kernel < 0)
		return fail(argv[0]);
	initrd = open(argv[1], O_RDONLY);
	if (initrd < 0)
		return fail(argv[1]);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[2]) + 1,
		    argv[2], flags))
		return fail("kexec_file_load");
	return 0;
}

/* As a reboot does it: devices are shut down, processes are not asked */
static int go(void)
{
	reboot(LINUX_REBOOT_CMD_KEXEC);
	return fail("reboot");
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "load"))
		return load(0, argv + 2);
	if (argc == 5 && !strcmp(argv[1], "crash"))
		return load(KEXEC_FILE_ON_CRASH, argv + 2);
	if (argc == 2 && !strcmp(argv[1], "go"))
		return go();
	fprintf(stderr, "usage: kexec load|crash KERNEL INITRD COMMAND-LINE; kexec go\n");
	return 2;
}
