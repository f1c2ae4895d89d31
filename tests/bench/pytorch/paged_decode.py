# SPDX-License-Identifier: Apache-2.0
import math

import torch


def run():
    batch, heads, kv_heads, width, length = 64, 32, 8, 128, 256
    q = torch.ones(batch, heads, width, dtype=torch.bfloat16)
    cache = torch.ones(batch * length, kv_heads, width, dtype=torch.bfloat16)
    keys = cache.to(torch.float32)
    output = torch.zeros(batch, heads, width, dtype=torch.bfloat16)
    lse = torch.zeros(batch, heads)
    for b in range(batch):
        pages = torch.arange(b * length, (b + 1) * length)
        k = keys[pages]
        for h in range(heads):
            head = h // (heads // kv_heads)
            logits = torch.matmul(q[b, h].to(torch.float32), k[:, head].T) * 0.088
            lse[b, h] = torch.logsumexp(logits, dim=-1) / math.log(2.0)
            weights = torch.softmax(logits, dim=-1)
            output[b, h] = torch.matmul(weights, k[:, head]).to(torch.bfloat16)
    return output, lse
