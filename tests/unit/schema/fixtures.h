// SPDX-License-Identifier: Apache-2.0
// Documents that the schema tests start from.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "document/document.h"
#include "schema/definition.h"
#include "schema/workload.h"

namespace fitest {

inline const std::string kAttention = R"(
name: attention_h8
op_type: attention
description: Made up for the tests.
tags: [model:none, fast]
axes:
  batch_size: {type: var, description: Requests.}
  len_indptr: {type: var}
  num_indices: {type: var, parent: batch_size}
  heads: {type: const, value: 8}
constraints:
  - len_indptr == batch_size + 1
  - num_indices == indptr[-1].item()
inputs:
  q: {shape: [batch_size, heads], dtype: bfloat16, description: Queries.}
  indptr: {shape: [len_indptr], dtype: int32}
  bias: {shape: [heads], dtype: float32, optional: true}
  scale: {shape: null, dtype: float32}
outputs:
  out: {shape: [batch_size, heads], dtype: bfloat16}
  lse: {shape: [batch_size], dtype: float32}
reference: |
  import torch

  @torch.no_grad()
  def run(
      q: torch.Tensor,  # (queries)
      indptr,
      bias=None,
      scale: float = 1.0,
  ):
      return q, q
)";

inline Value yaml(const std::string& text) {
  Diagnostics diagnostics;
  Value value = read_yaml(make_source("test.yaml", text), diagnostics);
  EXPECT_EQ(diagnostics.render_all(), "");
  return value;
}

inline Definition attention() {
  Diagnostics diagnostics;
  auto definition = read_definition(yaml(kAttention), diagnostics);
  EXPECT_EQ(diagnostics.render_all(), "");
  return definition.value_or(Definition());
}

// A row of attention_h8 in the authoring form.
inline Workload workload(const std::string& row) {
  Diagnostics diagnostics;
  auto read = read_workload(yaml(row), diagnostics);
  EXPECT_EQ(diagnostics.render_all(), "");
  return read.value_or(Workload());
}

}  // namespace fitest
