// SPDX-License-Identifier: Apache-2.0
#include "run/trace_properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Trace passed_trace() {
  Trace trace;
  Evaluation evaluation;
  evaluation.status = Status::Passed;
  evaluation.environment = {"NVIDIA H200", {{"nvrtc", "13.0"}}};
  evaluation.correctness = Correctness{0.5, 0.25, Value()};
  evaluation.performance = Performance{2, 8, 4};
  trace.evaluation = evaluation;
  trace.fitest.set(
      "timing",
      Value::Object{{"count", Value(50)}, {"median_ms", Value(2.0)}, {"iqr_ms", Value(0.05)}});
  trace.fitest.set("compile", Value::Object{{"milliseconds", Value(7)}});
  const Value::Array kernels = {
      Value::Object{{"registers", Value(32)}, {"local_bytes", Value(0)}},
      Value::Object{{"registers", Value(40)}, {"local_bytes", Value(16)}}};
  trace.fitest.set("kernels", Value(kernels));
  trace.fitest.set("roofline",
                   Value::Object{{"fraction", Value(0.75)}, {"limit", Value("memory")}});
  return trace;
}

TEST(TraceNumbers, AreAllThatTheTraceKnows) {
  EXPECT_THAT(
      trace_numbers(passed_trace()),
      ElementsAre(Pair("latency_ms", 2), Pair("reference_latency_ms", 8), Pair("speedup_factor", 4),
                  Pair("noise_percent", 2.5), Pair("max_absolute_error", 0.25),
                  Pair("max_relative_error", 0.5), Pair("compile_ms", 7), Pair("registers", 40),
                  Pair("local_bytes", 16), Pair("roofline_fraction", 0.75)));
}

TEST(TraceNumbers, AreNoneForACaseThatDidNotRun) {
  EXPECT_THAT(trace_numbers(Trace{}), IsEmpty());
  Trace failed;
  failed.evaluation = Evaluation{};
  EXPECT_THAT(trace_numbers(failed), IsEmpty());
}

TEST(TraceNumbers, ASingleSampleHasNoNoise) {
  Trace trace = passed_trace();
  trace.fitest.set(
      "timing",
      Value::Object{{"count", Value(1)}, {"median_ms", Value(2.0)}, {"iqr_ms", Value(0.0)}});
  EXPECT_THAT(trace_numbers(trace), testing::Not(Contains(Pair("noise_percent", testing::_))));
}

TEST(TraceProperties, BeginWithStatusHardwareAndVersions) {
  const auto properties = trace_properties(passed_trace());
  EXPECT_EQ(properties[0], std::make_pair(std::string("status"), std::string("PASSED")));
  EXPECT_EQ(properties[1], std::make_pair(std::string("hardware"), std::string("NVIDIA H200")));
  EXPECT_EQ(properties[2], std::make_pair(std::string("version.nvrtc"), std::string("13.0")));
  EXPECT_THAT(properties, Contains(Pair("noise_percent", "2.5")));
}

}  // namespace
}  // namespace fitest
