// SPDX-License-Identifier: Apache-2.0
#include "check/evaluator_kind.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace fitest {
namespace {

EvaluatorKind choose(const std::string& op_type, const std::string& name) {
  Definition definition;
  definition.op_type = op_type;
  definition.name = name;
  return choose_evaluator(definition);
}

TEST(EvaluatorKind, IsChosenAsUpstreamDoes) {
  EXPECT_EQ(choose("rmsnorm", "rmsnorm_h128"), EvaluatorKind::Default);
  EXPECT_EQ(choose("sampling", "top_k_sampling_from_probs_v128256"), EvaluatorKind::Sampling);
  EXPECT_EQ(choose("moe", "moe_fp8_block_scale_ds_routing_topk8"), EvaluatorKind::LowBit);
  EXPECT_EQ(choose("moe", "moe_bf16"), EvaluatorKind::Default);
  EXPECT_EQ(choose("dsa_paged", "dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps64"),
            EvaluatorKind::DsaAttention);
  EXPECT_EQ(choose("dsa_paged", "dsa_sparse_attention_h8"), EvaluatorKind::Default);
  EXPECT_EQ(choose("dsa_paged", "dsa_topk_indexer_fp8"), EvaluatorKind::DsaTopK);
}

TEST(EvaluatorKind, HasANameForMessages) {
  EXPECT_EQ(name_of(EvaluatorKind::Default), "default");
  EXPECT_EQ(name_of(EvaluatorKind::DsaTopK), "DSA top-k");
}

TEST(EvaluatorKind, IsRefusedWhereTwoClaimTheDefinition) {
  try {
    choose("sampling", "dsa_topk_indexer_x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "definition \"dsa_topk_indexer_x\" of op_type \"sampling\" belongs to two "
                 "evaluators, sampling and DSA top-k; rename one of the two");
  }
}

}  // namespace
}  // namespace fitest
