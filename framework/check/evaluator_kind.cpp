// SPDX-License-Identifier: Apache-2.0
#include "check/evaluator_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace fitest {
namespace {

struct Row {
  EvaluatorKind kind;
  std::string_view name;
  bool (*claims)(const Definition& definition);
};

bool is_dsa_attention(const Definition& definition) {
  return definition.name == "dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps1" ||
         definition.name == "dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps64";
}

constexpr std::array kRows = {
    Row{EvaluatorKind::Default, "default", [](const Definition&) { return false; }},
    Row{EvaluatorKind::Sampling, "sampling",
        [](const Definition& d) { return d.op_type == "sampling"; }},
    Row{EvaluatorKind::LowBit, "low-bit",
        [](const Definition& d) {
          return d.name.find("moe_fp8_block_scale") != std::string::npos;
        }},
    Row{EvaluatorKind::DsaAttention, "DSA attention", is_dsa_attention},
    Row{EvaluatorKind::DsaTopK, "DSA top-k",
        [](const Definition& d) { return d.name.starts_with("dsa_topk_indexer"); }},
};

}  // namespace

std::string_view name_of(EvaluatorKind kind) {
  return kRows[static_cast<std::size_t>(kind)].name;
}

EvaluatorKind choose_evaluator(const Definition& definition) {
  const Row* chosen = &kRows.front();
  for (const Row& row : kRows) {
    if (!row.claims(definition)) continue;
    if (chosen->kind != EvaluatorKind::Default) {
      fail(ErrorKind::Input,
           fmt::format("definition \"{}\" of op_type \"{}\" belongs to two evaluators, {} and {}; "
                       "rename one of the two",
                       definition.name, definition.op_type, chosen->name, row.name));
    }
    chosen = &row;
  }
  return chosen->kind;
}

}  // namespace fitest
