/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers to page requests.  See answer.c for the theory.
 */
#ifndef __SMMU3_ANSWER_H
#define __SMMU3_ANSWER_H

#include "cmd.h"
#include "priq.h"

struct smmu3_device;
struct smmu3_instance;

/**
 * struct smmu3_answers - answers of a device that wait for its instance
 * @count: how many there are
 * @cmds: CMD_PRI_RESP
 *
 * Guarded by smmu3_instance.answers_lock.
 */
struct smmu3_answers {
	unsigned int count;
	struct smmu3_cmd cmds[SMMU3_PRI_OUTSTANDING];
};

/**
 * smmu3_answers_init() - make room for the answers of a device
 * @device: device, before it asks for the first page; may have room already
 *
 * Return: 0 or -ENOMEM.
 */
int smmu3_answers_init(struct smmu3_device *device);

/**
 * smmu3_answers_exit() - undo smmu3_answers_init()
 * @device: device without streams
 */
void smmu3_answers_exit(struct smmu3_device *device);

/**
 * smmu3_answer() - answer a group of page requests, now or when the instance wakes
 * @device: device that asked
 * @cmd: CMD_PRI_RESP
 *
 * Context: Process; takes answers_lock.
 */
void smmu3_answer(struct smmu3_device *device, const struct smmu3_cmd *cmd);

/**
 * smmu3_answers_hold() - keep answers from now on
 * @smmu: instance that goes to sleep
 *
 * Answers that were given before are in the command queue on return.
 *
 * Context: Process; takes answers_lock.
 */
void smmu3_answers_hold(struct smmu3_instance *smmu);

/**
 * smmu3_answers_send() - send what was kept, and keep no more
 * @smmu: instance that translates
 *
 * Context: Process; takes streams_lock and answers_lock.
 */
void smmu3_answers_send(struct smmu3_instance *smmu);

#endif /* __SMMU3_ANSWER_H */
