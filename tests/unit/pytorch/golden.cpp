// SPDX-License-Identifier: Apache-2.0
#include "golden.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "document/document.h"

namespace fitest::pytorch {
namespace {

double number_of(const fitest::Value& value) {
  if (value.is_boolean()) return value.boolean() ? 1 : 0;
  if (value.is_number()) return value.number();
  if (value.string() == "nan") return std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  return value.string() == "inf" ? infinity : -infinity;
}

bool is_near(double actual, double expected, Tolerance tolerance) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (actual == expected) return true;
  return std::abs(actual - expected) <=
         tolerance.absolute + tolerance.relative * std::abs(expected);
}

}  // namespace

std::string compare_with_golden(const Tensor& actual, const fitest::Value& expected,
                                Tolerance tolerance) {
  Shape shape;
  for (const fitest::Value& extent : expected.find("shape")->array()) {
    shape.push_back(extent.integer());
  }
  const std::string dtype = expected.find("dtype")->string();
  if (name_of(actual.dtype()) != dtype || actual.shape() != shape) {
    return fmt::format("{} {} where PyTorch has {} {}", name_of(actual.dtype()),
                       to_string(actual.shape()), dtype, to_string(shape));
  }
  const fitest::Value* step_value = expected.find("step");
  const auto step = static_cast<std::size_t>(step_value != nullptr ? step_value->integer() : 1);
  const auto& values = expected.find("values")->array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double mine = element_as_double(actual, i * step);
    // The file keeps nine digits, which name one float32.
    const double theirs = actual.dtype() == DType::Float64 ? number_of(values[i])
                          : kind_of(actual.dtype()) == DTypeKind::Float
                              ? static_cast<float>(number_of(values[i]))
                              : number_of(values[i]);
    if (!is_near(mine, theirs, tolerance)) {
      return fmt::format("element {} is {:.9g} where PyTorch has {:.9g}", i * step, mine, theirs);
    }
  }
  return "";
}

fitest::Value read_json_file(const std::string& path) {
  Diagnostics diagnostics;
  fitest::Value value = read_document(path, diagnostics);
  diagnostics.throw_if_errors();
  return value;
}

}  // namespace fitest::pytorch
