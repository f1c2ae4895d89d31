// SPDX-License-Identifier: Apache-2.0
#include "tensor/kind_request.h"

#include <fmt/format.h>

#include "base/error.h"

namespace fitest {

void KindRequest::refuse(const std::string& why) const {
  fail(ErrorKind::Input, fmt::format("kind \"{}\": {}", spec.kind, why));
}

double KindRequest::number(const std::string& name, double otherwise) const {
  const auto found = spec.numbers.find(name);
  return found == spec.numbers.end() ? otherwise : found->second;
}

std::int64_t KindRequest::integer(const std::string& name, std::int64_t otherwise) const {
  const double value = number(name, static_cast<double>(otherwise));
  if (value != std::floor(value) || std::fabs(value) > 0x1p53) {
    refuse(fmt::format("\"{}\" must be an integer, not {}", name, value));
  }
  return static_cast<std::int64_t>(value);
}

void KindRequest::require_integers() const {
  if (kind_of(dtype) == DTypeKind::Float || kind_of(dtype) == DTypeKind::Bool) {
    refuse(fmt::format("needs an integer dtype, not {}", name_of(dtype)));
  }
}

void KindRequest::require_floats() const {
  if (kind_of(dtype) != DTypeKind::Float) {
    refuse(fmt::format("needs a floating-point dtype, not {}", name_of(dtype)));
  }
}

void KindRequest::require_holds(const std::string& what, double value) const {
  const double held = element_as_double(scalar_tensor(dtype, value), 0);
  const bool integral = kind_of(dtype) != DTypeKind::Float;
  if (integral ? held != value : !std::isfinite(held) && std::isfinite(value)) {
    refuse(fmt::format("{} {} does not fit {}", what, value, name_of(dtype)));
  }
}

std::size_t KindRequest::last_extent() const {
  if (shape.empty()) refuse("needs one dimension at least");
  return static_cast<std::size_t>(shape.back());
}

}  // namespace fitest
