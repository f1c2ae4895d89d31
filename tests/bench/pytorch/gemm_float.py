# SPDX-License-Identifier: Apache-2.0
import torch


def run():
    a = torch.ones(256, 4096)
    b = torch.ones(4096, 4096)
    return torch.matmul(a, b.t())
