// SPDX-License-Identifier: Apache-2.0
#include "check/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "check/comparison.h"
#include "check/dsa_top_k.h"

namespace fitest {
namespace {

// One output of the Definition, for messages.
struct Output {
  const std::string& name;
  const Tensor& expected;
  const Tensor& actual;
  const Tolerance& tolerance;
};

// "output[3, 17]"
std::string place(const Output& output, std::size_t index) {
  Shape position = output.expected.shape();
  for (std::size_t i = position.size(); i-- > 0;) {
    const auto extent = static_cast<std::size_t>(position[i]);
    position[i] = static_cast<std::int64_t>(index % extent);
    index /= extent;
  }
  return output.name + (position.empty() ? "" : to_string(position));
}

std::string text_of(const Tensor& tensor, std::size_t index) {
  if (kind_of(tensor.dtype()) != DTypeKind::Float) {
    return fmt::format("{}", element_as_integer(tensor, index));
  }
  const double value = element_as_double(tensor, index);
  if (std::isnan(value)) return "nan";
  if (tensor.dtype() == DType::Float64) return fmt::format("{}", value);
  return fmt::format("{}", static_cast<float>(value));
}

std::string expected_and_got(const Output& output, std::size_t index) {
  return fmt::format("{}: expected {}, got {}", place(output, index),
                     text_of(output.expected, index), text_of(output.actual, index));
}

double ratio_without(std::size_t bad, std::size_t count) {
  if (count == 0) return 1;
  return 1.0 - static_cast<double>(bad) / static_cast<double>(count);
}

double required_ratio(const Tolerance& tolerance) {
  return tolerance.required_matched_ratio.value_or(1.0);
}

std::string describe_wrong(const Output& output, const Comparison& comparison,
                           const Elements& wrong) {
  std::string text =
      fmt::format("{}; {} of {} elements wrong", expected_and_got(output, wrong.first), wrong.count,
                  comparison.count);
  if (comparison.mismatched.count > 0) {
    text += fmt::format(", {} of them not finite alike", comparison.mismatched.count);
  }
  if (output.tolerance.required_matched_ratio) {
    text += fmt::format(" ({:.4f} match, {} must)", ratio_without(wrong.count, comparison.count),
                        *output.tolerance.required_matched_ratio);
  }
  if (comparison.finite_max_absolute_error > 0) {
    const double expected = element_as_double(output.expected, comparison.worst);
    const double error = comparison.finite_max_absolute_error;
    text += fmt::format("; largest error {:.4g} (relative {:.4g}) at {}", error,
                        error / (std::fabs(expected) + 1e-8),
                        expected_and_got(output, comparison.worst));
  }
  return text + fmt::format("; tolerance atol {} or rtol {}", output.tolerance.atol,
                            output.tolerance.rtol);
}

// As Python's max(earlier, later), which drops a NaN that comes second.
double larger(double earlier, double later) {
  return later > earlier ? later : earlier;
}

void add_line(std::string& text, const std::string& line) {
  if (!text.empty() && !line.empty()) text += '\n';
  text += line;
}

void fail_numerically(Verdict& verdict, const std::string& message) {
  verdict.status = Status::IncorrectNumerical;
  add_line(verdict.message, message);
}

void judge_strict(const Output& output, const Comparison& comparison, Verdict& verdict) {
  const double ratio = ratio_without(comparison.wrong.count, comparison.count);
  verdict.matched_ratio = std::min(verdict.matched_ratio, ratio);
  verdict.max_absolute_error =
      larger(verdict.max_absolute_error, comparison.finite_max_absolute_error);
  verdict.max_relative_error =
      larger(verdict.max_relative_error, comparison.finite_max_relative_error);
  if (comparison.mismatched.count > 0) {
    const bool only_nan = comparison.infinite.count == 0 && comparison.nan.count > 0;
    verdict.max_absolute_error = only_nan ? std::numeric_limits<double>::quiet_NaN()
                                          : std::numeric_limits<double>::infinity();
    verdict.max_relative_error = verdict.max_absolute_error;
    const Elements shown{comparison.wrong.count, comparison.mismatched.first};
    fail_numerically(verdict, describe_wrong(output, comparison, shown));
  } else if (ratio < required_ratio(output.tolerance)) {
    fail_numerically(verdict, describe_wrong(output, comparison, comparison.wrong));
  }
}

// flashinfer-bench refuses a solution's infinities and NaNs before it looks at the reference.
bool refuse_non_finite(const Output& output, const Comparison& comparison, Verdict& verdict) {
  const bool infinite = comparison.infinite.count > 0;
  const Elements& refused = infinite ? comparison.infinite : comparison.nan;
  if (refused.count == 0) return false;
  const double error =
      infinite ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  verdict.max_absolute_error = error;
  verdict.max_relative_error = error;
  verdict.matched_ratio = 0;
  verdict.is_final = true;
  fail_numerically(verdict, fmt::format("{}; {} of {} elements {}, which flashinfer-bench never "
                                        "accepts",
                                        expected_and_got(output, refused.first), refused.count,
                                        comparison.count, infinite ? "infinite" : "nan"));
  return true;
}

void judge_compat(const Output& output, const Comparison& comparison, Verdict& verdict) {
  if (verdict.is_final || refuse_non_finite(output, comparison, verdict)) return;
  const double ratio = ratio_without(comparison.beyond_tolerance.count, comparison.count);
  verdict.matched_ratio = std::min(verdict.matched_ratio, ratio);
  verdict.max_absolute_error = larger(verdict.max_absolute_error, comparison.max_absolute_error);
  verdict.max_relative_error = larger(verdict.max_relative_error, comparison.max_relative_error);
  if (ratio >= required_ratio(output.tolerance)) return;
  Comparison tolerated = comparison;
  tolerated.mismatched = {};
  fail_numerically(verdict, describe_wrong(output, tolerated, comparison.beyond_tolerance));
}

// A shape or dtype that is wrong ends the evaluation under either policy.
void refuse(Verdicts& verdicts, Status status, const std::string& message) {
  for (Verdict* verdict : {&verdicts.strict, &verdicts.compat}) {
    if (verdict->is_final) continue;
    *verdict = {};
    verdict->status = status;
    verdict->matched_ratio = 0;
    verdict->is_final = true;
    verdict->message = message;
  }
}

bool has_right_type(const Output& output, Verdicts& verdicts) {
  if (output.actual.shape() != output.expected.shape()) {
    refuse(verdicts, Status::IncorrectShape,
           fmt::format("{}: expected shape {}, got {}", output.name,
                       to_string(output.expected.shape()), to_string(output.actual.shape())));
    return false;
  }
  if (output.actual.dtype() != output.expected.dtype()) {
    refuse(verdicts, Status::IncorrectDtype,
           fmt::format("{}: expected dtype {}, got {}", output.name,
                       name_of(output.expected.dtype()), name_of(output.actual.dtype())));
    return false;
  }
  return true;
}

bool ends_evaluation(const Verdict& verdict) {
  const bool numerical =
      verdict.status == Status::Passed || verdict.status == Status::IncorrectNumerical;
  return verdict.is_final || !numerical;
}

}  // namespace

Verdicts evaluate_default(const std::vector<NamedTensor>& expected,
                          const std::vector<NamedTensor>& actual, const Tolerance& tolerance) {
  Verdicts verdicts;
  if (expected.size() != actual.size()) {
    refuse(verdicts, Status::RuntimeError,
           fmt::format("expected {} outputs, got {}", expected.size(), actual.size()));
    return verdicts;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Output output{expected[i].name, expected[i].tensor, actual[i].tensor, tolerance};
    if (!has_right_type(output, verdicts)) break;
    const Comparison comparison = compare(output.expected, output.actual, tolerance);
    judge_strict(output, comparison, verdicts.strict);
    judge_compat(output, comparison, verdicts.compat);
  }
  return verdicts;
}

Verdicts evaluate_low_bit(const std::vector<NamedTensor>& expected,
                          const std::vector<NamedTensor>& actual, const Tolerance& tolerance) {
  Tolerance relaxed = tolerance;
  if (!relaxed.required_matched_ratio) relaxed.required_matched_ratio = 0.95;
  return evaluate_default(expected, actual, relaxed);
}

Verdicts evaluate(EvaluatorKind kind, const Trial& trial, const Tolerance& tolerance) {
  switch (kind) {
    case EvaluatorKind::Default:
    case EvaluatorKind::DsaAttention:
      return evaluate_default(trial.expected, trial.actual, tolerance);
    case EvaluatorKind::LowBit:
      return evaluate_low_bit(trial.expected, trial.actual, tolerance);
    case EvaluatorKind::DsaTopK:
      return evaluate_dsa_top_k(trial, tolerance);
    case EvaluatorKind::Sampling:
      break;
  }
  fail(ErrorKind::Unsupported,
       fmt::format("the {} evaluator needs repeated launches of the kernel", name_of(kind)));
}

Verdict fold(const Verdict& earlier, const Verdict& later) {
  if (ends_evaluation(earlier)) return earlier;
  if (ends_evaluation(later)) return later;
  Verdict folded = earlier.status == Status::Passed ? later : earlier;
  folded.max_absolute_error = larger(earlier.max_absolute_error, later.max_absolute_error);
  folded.max_relative_error = larger(earlier.max_relative_error, later.max_relative_error);
  folded.matched_ratio = std::min(earlier.matched_ratio, later.matched_ratio);
  return folded;
}

}  // namespace fitest
