// SPDX-License-Identifier: Apache-2.0
#include "schema/trace.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "schema/fields.h"

namespace fitest {
namespace {

struct StatusRow {
  Status status;
  std::string_view name;
  bool has_correctness;
  bool has_performance;
};
constexpr std::array kStatuses = {
    StatusRow{Status::Passed, "PASSED", true, true},
    StatusRow{Status::IncorrectShape, "INCORRECT_SHAPE", false, false},
    StatusRow{Status::IncorrectNumerical, "INCORRECT_NUMERICAL", true, false},
    StatusRow{Status::IncorrectDtype, "INCORRECT_DTYPE", false, false},
    StatusRow{Status::RuntimeError, "RUNTIME_ERROR", false, false},
    StatusRow{Status::CompileError, "COMPILE_ERROR", false, false},
    StatusRow{Status::Timeout, "TIMEOUT", false, false},
};

const StatusRow& row_of(Status status) {
  return kStatuses[static_cast<std::size_t>(status)];
}

// The official form spells non-finite errors as strings.
Value error_value(double error) {
  if (std::isnan(error)) return "NaN";
  if (std::isinf(error)) return error > 0 ? "Infinity" : "-Infinity";
  return error;
}

Value to_document(const std::optional<Correctness>& correctness) {
  if (!correctness) return {};
  return Value::Object{{"max_relative_error", error_value(correctness->max_relative_error)},
                       {"max_absolute_error", error_value(correctness->max_absolute_error)},
                       {"extra", correctness->extra}};
}

Value to_document(const std::optional<Performance>& performance) {
  if (!performance) return {};
  return Value::Object{{"latency_ms", performance->latency_ms},
                       {"reference_latency_ms", performance->reference_latency_ms},
                       {"speedup_factor", performance->speedup_factor}};
}

Value to_document(const Evaluation& evaluation) {
  Value::Object libs;
  for (const auto& [name, version] : evaluation.environment.libs) libs.emplace_back(name, version);
  return Value::Object{
      {"status", name_of(evaluation.status)},
      {"environment",
       Value::Object{{"hardware", evaluation.environment.hardware}, {"libs", std::move(libs)}}},
      {"timestamp", evaluation.timestamp},
      {"log", evaluation.log},
      {"correctness", to_document(evaluation.correctness)},
      {"performance", to_document(evaluation.performance)},
  };
}

// A number, or one of the strings that stand for those that JSON cannot spell.
std::optional<double> number_of(const Value& value) {
  if (value.is_number()) return value.number();
  if (!value.is_string()) return std::nullopt;
  if (value.string() == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value.string() == "Infinity") return std::numeric_limits<double>::infinity();
  if (value.string() == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

class TraceReader {
 public:
  TraceReader(const Value& document, Diagnostics& diagnostics)
      : fields_(document, "the trace", diagnostics), diagnostics_(diagnostics) {}

  std::optional<Trace> read() {
    const std::size_t errors_before = diagnostics_.error_count();
    if (!fields_.valid()) return std::nullopt;
    trace_.definition = fields_.text("definition");
    trace_.solution = fields_.text("solution");
    if (const Value* workload = fields_.require("workload", Value::Type::Object)) {
      trace_.workload = *workload;
      Fields body(*workload, "the workload", diagnostics_);
      body.text("uuid");
      body.require("axes", Value::Type::Object);
      body.require("inputs", Value::Type::Object);
    }
    const Value* evaluation = fields_.require("evaluation");
    if (evaluation != nullptr && !evaluation->is_null()) read_evaluation(*evaluation);
    if (const Value* own = fields_.find("fitest", Value::Type::Object)) trace_.fitest = *own;
    fields_.warn_unknown_keys();
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    return std::move(trace_);
  }

 private:
  void read_evaluation(const Value& value) {
    Fields fields(value, "the evaluation", diagnostics_);
    if (!fields.valid()) return;
    Evaluation& evaluation = trace_.evaluation.emplace();
    const std::string status = fields.text("status");
    const auto known = status_from_name(status);
    if (known) {
      evaluation.status = *known;
    } else if (!status.empty()) {
      fields.error(*fields.find("status"), fmt::format("unknown status \"{}\"; there are {}",
                                                       status, join(status_names(), ", ")));
    }
    if (const Value* environment = fields.require("environment", Value::Type::Object)) {
      evaluation.environment = read_environment(*environment);
    }
    evaluation.timestamp = fields.text("timestamp");
    evaluation.log = fields.optional_text("log");
    read_correctness(fields, evaluation);
    read_performance(fields, evaluation);
    if (known) check_nullability(fields, evaluation);
    fields.warn_unknown_keys();
  }

  static std::vector<std::string> status_names() {
    std::vector<std::string> names;
    names.reserve(std::size(kStatuses));
    for (const StatusRow& row : kStatuses) names.emplace_back(row.name);
    return names;
  }

  Environment read_environment(const Value& value) {
    Environment environment;
    Fields fields(value, "the environment", diagnostics_);
    environment.hardware = fields.text("hardware");
    if (const Value* libs = fields.find("libs", Value::Type::Object)) {
      for (const auto& [name, version] : libs->object()) {
        if (check_type(version, Value::Type::String, fmt::format("\"{}\"", name), diagnostics_)) {
          environment.libs[name] = version.string();
        }
      }
    }
    fields.warn_unknown_keys();
    return environment;
  }

  void read_correctness(Fields& evaluation_fields, Evaluation& evaluation) {
    const Value* value = evaluation_fields.find("correctness", Value::Type::Object);
    if (value == nullptr) return;
    Fields fields(*value, "the correctness", diagnostics_);
    Correctness& correctness = evaluation.correctness.emplace();
    correctness.max_relative_error = non_negative(fields, "max_relative_error");
    correctness.max_absolute_error = non_negative(fields, "max_absolute_error");
    if (const Value* extra = fields.find("extra", Value::Type::Object)) correctness.extra = *extra;
    fields.warn_unknown_keys();
  }

  void read_performance(Fields& evaluation_fields, Evaluation& evaluation) {
    const Value* value = evaluation_fields.find("performance", Value::Type::Object);
    if (value == nullptr) return;
    Fields fields(*value, "the performance", diagnostics_);
    Performance& performance = evaluation.performance.emplace();
    performance.latency_ms = non_negative(fields, "latency_ms");
    performance.reference_latency_ms = non_negative(fields, "reference_latency_ms");
    performance.speedup_factor = non_negative(fields, "speedup_factor");
    fields.ignore("profile");
    fields.warn_unknown_keys();
  }

  // Absent means zero, as upstream; NaN is allowed, negative numbers are not.
  double non_negative(Fields& fields, std::string_view key) {
    const Value* value = fields.find(key);
    if (value == nullptr) return 0;
    const auto number = number_of(*value);
    if (!number) {
      fields.error(*value, fmt::format("\"{}\" must be a number, \"Infinity\" or \"NaN\", found {}",
                                       key, describe(value->type())));
      return 0;
    }
    if (*number < 0) fields.error(*value, fmt::format("\"{}\" is negative", key));
    return *number;
  }

  void check_nullability(Fields& fields, const Evaluation& evaluation) {
    const StatusRow& row = row_of(evaluation.status);
    check_present(fields, "correctness", row.has_correctness, row.name);
    check_present(fields, "performance", row.has_performance, row.name);
  }
  void check_present(Fields& fields, std::string_view key, bool needed, std::string_view status) {
    const Value* value = fields.find(key);
    if (needed == (value != nullptr)) return;
    diagnostics_.error(
        fields.object().source(), opening(value == nullptr ? fields.object() : *value),
        fmt::format("status {} {} \"{}\"", status, needed ? "needs" : "must not have", key));
  }

  Fields fields_;
  Diagnostics& diagnostics_;
  Trace trace_;
};

}  // namespace

std::string_view name_of(Status status) {
  return row_of(status).name;
}

std::optional<Status> status_from_name(std::string_view name) {
  for (const StatusRow& row : kStatuses) {
    if (row.name == name) return row.status;
  }
  return std::nullopt;
}

Value to_document(const Trace& trace) {
  Value::Object members{
      {"definition", trace.definition},
      {"solution", trace.solution},
      {"workload", trace.workload},
      {"evaluation", trace.evaluation ? to_document(*trace.evaluation) : Value()},
  };
  if (!trace.fitest.is_null()) members.emplace_back("fitest", trace.fitest);
  return members;
}

std::optional<Trace> read_trace(const Value& document, Diagnostics& diagnostics) {
  return TraceReader(document, diagnostics).read();
}

}  // namespace fitest
