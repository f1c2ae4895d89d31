# SPDX-License-Identifier: Apache-2.0
import torch


def run():
    a = torch.ones(512, 4096, dtype=torch.float16)
    b = torch.ones(4096, 4096, dtype=torch.float16)
    return torch.matmul(a, b.t())
