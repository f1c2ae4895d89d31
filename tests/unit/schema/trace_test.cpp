// SPDX-License-Identifier: Apache-2.0
#include "schema/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "document/document.h"
#include "support/json_schema.h"

namespace fitest {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Trace trace_of(Status status) {
  Trace trace;
  trace.definition = "rmsnorm_h4096";
  trace.solution = "rmsnorm_plain";
  trace.workload = Value::Object{
      {"uuid", "f6225e5d"},
      {"axes", Value::Object{{"batch_size", 7}}},
      {"inputs", Value::Object{{"x", Value::Object{{"type", "random"}}},
                               {"s", Value::Object{{"type", "scalar"}, {"value", 0.5}}},
                               {"i", Value::Object{{"type", "safetensors"},
                                                   {"path", "./blob/a.safetensors"},
                                                   {"tensor_key", "i"}}},
                               {"g", Value::Object{{"type", "indptr"}, {"total", 9}}}}}};
  Evaluation& evaluation = trace.evaluation.emplace();
  evaluation.status = status;
  evaluation.environment = {"NVIDIA H200", {{"nvrtc", "12.8"}}};
  evaluation.timestamp = "2026-11-22T20:00:00.123456";
  evaluation.log = "line one\nline \"two\"\n";
  return trace;
}

Trace passed() {
  Trace trace = trace_of(Status::Passed);
  trace.evaluation->correctness = {1e-3, 2.5, Value::Object{{"seed", 7}}};
  trace.evaluation->performance = {0.125, 3.0, 24.0};
  trace.fitest = Value::Object{{"policy", "strict"}, {"samples", Value::Array{1.5, 2.0}}};
  return trace;
}

std::vector<Trace> one_of_each_status() {
  std::vector<Trace> traces{passed()};
  traces.push_back(trace_of(Status::IncorrectNumerical));
  traces.back().evaluation->correctness = {0.5, 0.25, Value()};
  for (const Status status : {Status::IncorrectShape, Status::IncorrectDtype, Status::RuntimeError,
                              Status::CompileError, Status::Timeout}) {
    traces.push_back(trace_of(status));
  }
  traces.push_back(trace_of(Status::Passed));
  traces.back().evaluation.reset();
  return traces;
}

Trace read_back(const Value& document) {
  Diagnostics diagnostics;
  const Value copy =
      read_json(make_source("trace.json", write_json(document, JsonStyle::Compact)), diagnostics);
  const auto trace = read_trace(copy, diagnostics);
  EXPECT_EQ(diagnostics.render_all(), "");
  return trace.value_or(Trace());
}

TEST(Trace, EveryStatusReadsBackAsTheSameObject) {
  for (const Trace& trace : one_of_each_status()) {
    const Value document = to_document(trace);
    EXPECT_EQ(to_document(read_back(document)), document) << write_json(document);
  }
}

TEST(Trace, EveryStatusMatchesTheJsonSchema) {
  Diagnostics diagnostics;
  const Value schema = read_document(
      std::string(FITEST_SOURCE_DIR) + "/tests/schema/trace.schema.json", diagnostics);
  ASSERT_EQ(diagnostics.render_all(), "");
  for (const Trace& trace : one_of_each_status()) {
    EXPECT_THAT(check_json_schema(schema, to_document(trace)), IsEmpty());
  }
}

TEST(Trace, TheJsonSchemaRefusesWhatTheReaderRefuses) {
  Diagnostics diagnostics;
  const Value schema = read_document(
      std::string(FITEST_SOURCE_DIR) + "/tests/schema/trace.schema.json", diagnostics);
  Trace without_numbers = trace_of(Status::Passed);
  Trace with_numbers = passed();
  with_numbers.evaluation->status = Status::Timeout;
  Trace negative = passed();
  negative.evaluation->correctness->max_absolute_error = -1;
  Trace nameless = passed();
  nameless.solution.clear();
  for (const Trace& trace : {without_numbers, with_numbers, negative, nameless}) {
    const Value document = to_document(trace);
    EXPECT_THAT(check_json_schema(schema, document), Not(IsEmpty())) << write_json(document);
    Diagnostics ignored;
    EXPECT_FALSE(read_trace(document, ignored)) << write_json(document);
  }
}

TEST(Trace, MembersAreInTheOfficialOrderAndNullsAreWritten) {
  EXPECT_EQ(write_json(to_document(trace_of(Status::Timeout)), JsonStyle::Compact),
            R"({"definition":"rmsnorm_h4096","solution":"rmsnorm_plain","workload":)"
            R"({"uuid":"f6225e5d","axes":{"batch_size":7},"inputs":{"x":{"type":"random"},)"
            R"("s":{"type":"scalar","value":0.5},"i":{"type":"safetensors",)"
            R"("path":"./blob/a.safetensors","tensor_key":"i"},"g":{"type":"indptr","total":9}}},)"
            R"("evaluation":{"status":"TIMEOUT","environment":{"hardware":"NVIDIA H200",)"
            R"("libs":{"nvrtc":"12.8"}},"timestamp":"2026-11-22T20:00:00.123456",)"
            R"("log":"line one\nline \"two\"\n","correctness":null,"performance":null}})");
}

TEST(Trace, NonFiniteErrorsAreStringsAndReadBack) {
  Trace trace = trace_of(Status::IncorrectNumerical);
  trace.evaluation->correctness = {kInfinity, std::nan(""), Value()};
  const std::string text = write_json(to_document(trace), JsonStyle::Compact);
  EXPECT_NE(text.find(R"("max_relative_error":"Infinity","max_absolute_error":"NaN")"),
            std::string::npos);
  const Trace back = read_back(to_document(trace));
  EXPECT_EQ(back.evaluation->correctness->max_relative_error, kInfinity);
  EXPECT_TRUE(std::isnan(back.evaluation->correctness->max_absolute_error));
}

TEST(Trace, UnknownKeysAreWarnings) {
  Value document = to_document(passed());
  document.set("ranking", 1);
  Diagnostics diagnostics;
  EXPECT_TRUE(read_trace(document, diagnostics));
  ASSERT_EQ(diagnostics.warning_count(), 1u);
  EXPECT_EQ(diagnostics.list()[0].message, "the trace has the unknown key \"ranking\"");
}

TEST(Trace, StatusesHaveTheOfficialNames) {
  for (const char* name : {"PASSED", "INCORRECT_SHAPE", "INCORRECT_NUMERICAL", "INCORRECT_DTYPE",
                           "RUNTIME_ERROR", "COMPILE_ERROR", "TIMEOUT"}) {
    const auto status = status_from_name(name);
    ASSERT_TRUE(status) << name;
    EXPECT_EQ(name_of(*status), name);
  }
  EXPECT_FALSE(status_from_name("passed"));
}

}  // namespace
}  // namespace fitest
