# SPDX-License-Identifier: Apache-2.0
import torch


def run():
    heads, width, steps = 32, 128, 16
    state = torch.ones(heads, width, width)
    k = torch.ones(steps, heads, width, dtype=torch.bfloat16)
    out = torch.zeros(steps, heads, width)
    for t in range(steps):
        for h in range(heads):
            key = k[t, h].float()
            old = 0.5 * state[h]
            seen = key @ old
            new = old - key.unsqueeze(1) @ seen.unsqueeze(0) * 0.01
            state[h] = new
            out[t, h] = key @ new
    return out
