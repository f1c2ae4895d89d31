# SPDX-License-Identifier: Apache-2.0
import torch


def run():
    x = torch.ones(256, 32000, dtype=torch.bfloat16)
    y = torch.softmax(x.float(), dim=-1)
    return (y * 2).to(torch.bfloat16), x.float().sum(-1), torch.sort(y[:4], dim=-1).values
