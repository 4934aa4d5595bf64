# SPDX-License-Identifier: GPL-2.0
"""Build, boot and test the subsystem: the commands behind the Makefile."""
