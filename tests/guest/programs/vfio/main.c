// SPDX-License-Identifier: GPL-2.0
/*
 *   vfio move WAY KIND ADDRESS PREFIX	check what the device can and cannot do
 *   vfio take WAY KIND ADDRESS		take it and give it back; prints "taken" or the error
 *   vfio hold WAY KIND ADDRESS		the same, but keep it until killed
 *   vfio kill KIND ADDRESS COUNT SEED CPU	own it COUNT times and be killed at a random point
 *
 * WAY is container or iommufd, KIND is edu or e1000e.
 */
#include <stdlib.h>
#include <string.h>

#include "owner.h"

static const struct way *way_of(const char *name)
{
	if (!strcmp(name, by_container.name))
		return &by_container;
	return strcmp(name, by_iommufd.name) ? NULL : &by_iommufd;
}

static const struct kind *kind_of(const char *name)
{
	if (!strcmp(name, edu.name))
		return &edu;
	return strcmp(name, e1000e.name) ? NULL : &e1000e;
}

int main(int argc, char **argv)
{
	const struct kind *kind;
	const struct way *way;

	if (argc < 5)
		return 2;
	if (argc == 7 && !strcmp(argv[1], "kill")) {
		kind = kind_of(argv[2]);
		return !kind ? 2 : command_kill(kind, argv[3], atoi(argv[4]), atoi(argv[5]),
						atoi(argv[6]));
	}
	way = way_of(argv[2]);
	kind = kind_of(argv[3]);
	if (!way || !kind)
		return 2;
	if (argc == 6 && !strcmp(argv[1], "move"))
		return command_move(way, kind, argv[4], argv[5]);
	if (argc == 5 && (!strcmp(argv[1], "take") || !strcmp(argv[1], "hold")))
		return command_take(way, kind, argv[4], !strcmp(argv[1], "hold"));
	return 2;
}
