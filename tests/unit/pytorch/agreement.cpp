// SPDX-License-Identifier: Apache-2.0
#include "agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <regex>

#include "base/error.h"

namespace fitest::pytorch {
namespace {

struct FloatFormat {
  int mantissa_bits;
  int least_exponent;  // of a normal number
};

FloatFormat format_of(DType dtype) {
  switch (dtype) {
    case DType::Float64:
      return {52, -1022};
    case DType::Float32:
      return {23, -126};
    case DType::Float16:
      return {10, -14};
    case DType::BFloat16:
      return {7, -126};
    case DType::Float8E4M3Fn:
      return {3, -6};
    default:
      return {2, -14};
  }
}

// One unit in the last place of a number of that size.
double unit_at(double magnitude, DType dtype) {
  const FloatFormat format = format_of(dtype);
  const int exponent = magnitude > 0 ? std::ilogb(magnitude) : format.least_exponent;
  return std::ldexp(1.0, std::max(exponent, format.least_exponent) - format.mantissa_bits);
}

double largest(const Tensor& tensor) {
  double most = 0;
  for (std::size_t i = 0; i < tensor.count(); ++i) {
    const double magnitude = std::abs(element_as_double(tensor, i));
    if (std::isfinite(magnitude)) most = std::max(most, magnitude);
  }
  return most;
}

double bound(Agreement agreement, DType dtype, double magnitude, double most) {
  const bool narrow = bits_of(dtype) <= 16;
  const bool wide = dtype == DType::Float64;
  if (agreement == Agreement::Rounded) {
    const double unit = unit_at(magnitude, dtype);
    return narrow ? unit : std::max(4 * unit, (wide ? 1e-14 : 1e-6) * magnitude);
  }
  return narrow ? 2 * unit_at(most, dtype) : (wide ? 1e-12 : 1e-5) * most;
}

bool same_bits(const Tensor& a, const Tensor& b, std::size_t i) {
  const std::size_t size = bits_of(a.dtype()) / 8;
  return std::memcmp(a.data() + i * size, b.data() + i * size, size) == 0;
}

unsigned char sextet(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned char>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned char>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0' + 52);
  return c == '+' ? 62 : 63;
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6) | sextet(c);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xFF);
  }
  return bytes;
}

void widen(Agreement& agreement, Agreement other) {
  if (other != Agreement::Distribution) agreement = std::max(agreement, other);
}

}  // namespace

Agreement agreement_of(const std::string& code) {
  Agreement agreement = Agreement::Exact;
  if (code.find("**") != std::string::npos) widen(agreement, Agreement::Rounded);
  if (code.find(" @ ") != std::string::npos) widen(agreement, Agreement::Accumulated);
  static const std::regex call("([A-Za-z_0-9]+)\\(");
  for (std::sregex_iterator at(code.begin(), code.end(), call), end; at != end; ++at) {
    std::string name = (*at)[1];
    for (const OperatorSpace space :
         {OperatorSpace::Torch, OperatorSpace::Method, OperatorSpace::Functional,
          OperatorSpace::Special, OperatorSpace::Linalg}) {
      const OverloadSet* found = find_operator(space, name);
      if (found == nullptr && name.ends_with('_')) {
        found = find_operator(space, name.substr(0, name.size() - 1));
      }
      if (found == nullptr) continue;
      for (const Overload& overload : found->overloads) {
        widen(agreement, overload.row->agreement);
      }
    }
  }
  return agreement;
}

std::string disagreement(const Tensor& actual, const Tensor& expected, Agreement agreement) {
  if (actual.dtype() != expected.dtype() || actual.shape() != expected.shape()) {
    return fmt::format("{} {} where PyTorch has {} {}", name_of(actual.dtype()),
                       to_string(actual.shape()), name_of(expected.dtype()),
                       to_string(expected.shape()));
  }
  const bool floating = kind_of(expected.dtype()) == DTypeKind::Float;
  const double most = floating ? largest(expected) : 0;
  for (std::size_t i = 0; i < expected.count(); ++i) {
    if (same_bits(actual, expected, i)) continue;
    const double mine = element_as_double(actual, i);
    const double theirs = element_as_double(expected, i);
    if (floating && std::isnan(mine) && std::isnan(theirs)) continue;
    if (floating && agreement != Agreement::Exact && std::isfinite(mine) &&
        std::abs(mine - theirs) <= bound(agreement, expected.dtype(), std::abs(theirs), most)) {
      continue;
    }
    return fmt::format("element {} is {:.17g} where PyTorch has {:.17g}", i, mine, theirs);
  }
  return "";
}

Tensor unpack_tensor(const fitest::Value& packed) {
  const auto& parts = packed.array();
  Shape shape;
  for (const fitest::Value& extent : parts[1].array()) shape.push_back(extent.integer());
  Tensor tensor(dtype_from_name(parts[0].string()).value(), shape);
  const std::string bytes = decode_base64(parts[2].string());
  if (bytes.size() != tensor.size_bytes()) fail(ErrorKind::Input, "a golden tensor is cut off");
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(tensor.data()));
  return tensor;
}

}  // namespace fitest::pytorch
