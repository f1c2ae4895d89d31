// SPDX-License-Identifier: Apache-2.0
#include "pytorch/promote.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace fitest::pytorch {
namespace {

int category(DType dtype) {
  switch (kind_of(dtype)) {
    case DTypeKind::Bool:
      return 0;
    case DTypeKind::Float:
      return 2;
    default:
      return 1;
  }
}

bool is_float8(DType dtype) {
  return category(dtype) == 2 && bits_of(dtype) == 8;
}

[[noreturn]] void no_promotion(DType a, DType b) {
  fail(ErrorKind::Input, fmt::format("Promotion for {} and {} is not supported; convert one with "
                                     ".to() first",
                                     name_of(a), name_of(b)));
}

DType promote_floats(DType a, DType b) {
  if (is_float8(a) || is_float8(b)) no_promotion(a, b);
  if (bits_of(a) == bits_of(b)) return DType::Float32;  // float16 and bfloat16
  return bits_of(a) > bits_of(b) ? a : b;
}

DType promote_integers(DType a, DType b) {
  const bool same_signedness = kind_of(a) == kind_of(b);
  if (same_signedness) return bits_of(a) > bits_of(b) ? a : b;
  const DType is_signed = kind_of(a) == DTypeKind::Signed ? a : b;
  const DType is_unsigned = kind_of(a) == DTypeKind::Signed ? b : a;
  if (is_unsigned != DType::UInt8) no_promotion(a, b);
  return bits_of(is_signed) > 8 ? is_signed : DType::Int16;
}

}  // namespace

Operand operand_of(const Scalar& scalar) {
  const DType dtype = scalar.kind == Scalar::Kind::Float ? DType::Float64 : default_dtype(scalar);
  return {make_scalar_array(dtype, scalar), true};
}

Operand operand_of(const Value& value) {
  if (const Array* array = value.array()) return {*array, false};
  if (const auto scalar = scalar_of(value)) return operand_of(*scalar);
  fail(ErrorKind::Input, fmt::format("expected a tensor or a number, not {}", type_name(value)));
}

DType promote_types(DType a, DType b) {
  if (a == b) return a;
  if (category(a) != category(b)) {
    const DType higher = category(a) > category(b) ? a : b;
    return higher;
  }
  return category(a) == 2 ? promote_floats(a, b) : promote_integers(a, b);
}

DType result_type(std::span<const Operand> operands) {
  struct Group {
    bool any = false;
    DType dtype = DType::Bool;
    void add(DType other) {
      dtype = any ? promote_types(dtype, other) : other;
      any = true;
    }
  };
  Group groups[3];  // with dimensions, 0-dimensional, numbers
  for (const Operand& operand : operands) {
    const bool is_float_number = operand.wrapped && operand.array.dtype == DType::Float64;
    const DType dtype = is_float_number ? DType::Float32 : operand.array.dtype;
    groups[operand.wrapped ? 2 : operand.array.dim() == 0 ? 1 : 0].add(dtype);
  }
  Group result = groups[0];
  for (int i = 1; i < 3; ++i) {
    const bool raises =
        groups[i].any && (!result.any || category(groups[i].dtype) > category(result.dtype));
    if (raises) result = groups[i];
  }
  return result.dtype;
}

DType float_type(DType dtype) {
  return category(dtype) == 2 ? dtype : DType::Float32;
}

}  // namespace fitest::pytorch
