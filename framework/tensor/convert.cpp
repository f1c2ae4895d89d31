// SPDX-License-Identifier: Apache-2.0
#include "tensor/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/parallel.h"
#include "tensor/simd.h"
#include "tensor/tensor.h"

namespace fitest {
namespace {

constexpr std::size_t kGrain = 1u << 16;

template <FloatFormat kFormat>
constexpr auto make_table() {
  std::array<float, 256> table{};
  for (std::uint32_t code = 0; code < 256; ++code) {
    table[code] = decode(kFormat, code & ((1u << kFormat.bits()) - 1));
  }
  return table;
}

constexpr std::array<float, 256> make_e8m0_table() {
  std::array<float, 256> table{};
  for (std::uint32_t code = 0; code < 256; ++code) {
    table[code] = e8m0_to_float(static_cast<std::uint8_t>(code));
  }
  return table;
}

constexpr auto kE4M3FnTable = make_table<kFloat8E4M3Fn>();
constexpr auto kE5M2Table = make_table<kFloat8E5M2>();
constexpr auto kE2M1Table = make_table<kFloat4E2M1>();
constexpr auto kE8M0Table = make_e8m0_table();

FITEST_SIMD void load_half(const std::uint16_t* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = half_to_float_branch_free(from[i]);
}

FITEST_SIMD void store_half(const float* from, std::size_t count, std::uint16_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<std::uint16_t>(encode_branch_free<kFloat16, Overflow::Infinity>(from[i]));
  }
}

FITEST_SIMD void load_bfloat16(const std::uint16_t* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = bfloat16_to_float(from[i]);
}

FITEST_SIMD void store_bfloat16(const float* from, std::size_t count, std::uint16_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = std::bit_cast<std::uint32_t>(from[i]);
    const std::uint32_t rounded = (word + 0x7FFFu + ((word >> 16) & 1u)) >> 16;
    to[i] = static_cast<std::uint16_t>((word & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FC0u : rounded);
  }
}

FITEST_SIMD void store_e4m3fn(const float* from, std::size_t count, std::uint8_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<std::uint8_t>(encode_branch_free<kFloat8E4M3Fn, Overflow::Nan>(from[i]));
  }
}

FITEST_SIMD void store_e5m2(const float* from, std::size_t count, std::uint8_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<std::uint8_t>(encode_branch_free<kFloat8E5M2, Overflow::Infinity>(from[i]));
  }
}

void load_table(const std::array<float, 256>& table, const std::uint8_t* from,
                std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = table[from[i]];
}

void load_e2m1(const std::uint8_t* bytes, std::size_t first, std::span<float> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::size_t element = first + i;
    to[i] = kE2M1Table[(bytes[element / 2] >> (4 * (element % 2))) & 15];
  }
}

void store_e2m1(std::span<const float> from, std::uint8_t* bytes, std::size_t first) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t element = first + i;
    const auto code = encode_branch_free<kFloat4E2M1, Overflow::Saturate>(from[i]);
    std::uint8_t& byte = bytes[element / 2];
    byte = static_cast<std::uint8_t>(element % 2 == 0 ? (byte & 0xF0u) | code
                                                      : (byte & 0x0Fu) | (code << 4));
  }
}

template <class T>
void load_number(const Tensor& tensor, std::size_t first, std::span<float> to) {
  const T* from = tensor.as<T>().data() + first;
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(from[i]);
}

// Saturates; the bounds are powers of two, hence exact in T's wider neighbour Real.
template <class Integer, class Real>
Integer to_integer(Real value) {
  constexpr auto unit = static_cast<Real>(1);
  const Real above = std::ldexp(unit, std::numeric_limits<Integer>::digits);
  const Real below = std::is_signed_v<Integer> ? -above : static_cast<Real>(0);
  const Real rounded = std::nearbyint(value);
  if (!(rounded < above)) {
    return std::isnan(rounded) ? Integer{0} : std::numeric_limits<Integer>::max();
  }
  return rounded < below ? std::numeric_limits<Integer>::min() : static_cast<Integer>(rounded);
}

template <class Integer, class Real>
void store_integers(std::span<const Real> from, Tensor& tensor, std::size_t first) {
  Integer* to = tensor.as<Integer>().data() + first;
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = to_integer<Integer>(from[i]);
}

template <class Real>
void store_bools(std::span<const Real> from, Tensor& tensor, std::size_t first) {
  std::uint8_t* to = tensor.as<std::uint8_t>().data() + first;
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] != 0 ? 1 : 0;
}

// Integers and bools; false for a floating-point dtype.
template <class Real>
bool store_whole(std::span<const Real> from, Tensor& tensor, std::size_t first) {
  switch (tensor.dtype()) {
    case DType::Int64:
      store_integers<std::int64_t>(from, tensor, first);
      return true;
    case DType::Int32:
      store_integers<std::int32_t>(from, tensor, first);
      return true;
    case DType::Int16:
      store_integers<std::int16_t>(from, tensor, first);
      return true;
    case DType::Int8:
      store_integers<std::int8_t>(from, tensor, first);
      return true;
    case DType::UInt64:
      store_integers<std::uint64_t>(from, tensor, first);
      return true;
    case DType::UInt32:
      store_integers<std::uint32_t>(from, tensor, first);
      return true;
    case DType::UInt16:
      store_integers<std::uint16_t>(from, tensor, first);
      return true;
    case DType::UInt8:
      store_integers<std::uint8_t>(from, tensor, first);
      return true;
    case DType::Bool:
      store_bools(from, tensor, first);
      return true;
    default:
      return false;
  }
}

void load_floats(const Tensor& tensor, std::size_t first, std::span<float> to) {
  const auto* bytes = tensor.as<std::uint8_t>().data();
  const auto* halves = tensor.as<std::uint16_t>().data();
  switch (tensor.dtype()) {
    case DType::Float64:
      return load_number<double>(tensor, first, to);
    case DType::Float32:
      std::memcpy(to.data(), bytes + first * sizeof(float), to.size_bytes());
      return;
    case DType::Float16:
      return load_half(halves + first, to.size(), to.data());
    case DType::BFloat16:
      return load_bfloat16(halves + first, to.size(), to.data());
    case DType::Float8E4M3Fn:
      return load_table(kE4M3FnTable, bytes + first, to);
    case DType::Float8E5M2:
      return load_table(kE5M2Table, bytes + first, to);
    case DType::Float8E8M0Fnu:
      return load_table(kE8M0Table, bytes + first, to);
    case DType::Float4E2M1:
      return load_e2m1(bytes, first, to);
    case DType::Int64:
      return load_number<std::int64_t>(tensor, first, to);
    case DType::Int32:
      return load_number<std::int32_t>(tensor, first, to);
    case DType::Int16:
      return load_number<std::int16_t>(tensor, first, to);
    case DType::Int8:
      return load_number<std::int8_t>(tensor, first, to);
    case DType::UInt64:
      return load_number<std::uint64_t>(tensor, first, to);
    case DType::UInt32:
      return load_number<std::uint32_t>(tensor, first, to);
    case DType::UInt16:
      return load_number<std::uint16_t>(tensor, first, to);
    case DType::UInt8:
      return load_number<std::uint8_t>(tensor, first, to);
    case DType::Bool:
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = bytes[first + i] != 0 ? 1.0f : 0.0f;
      return;
  }
}

void store_floats(std::span<const float> from, Tensor& tensor, std::size_t first) {
  auto* bytes = tensor.as<std::uint8_t>().data();
  auto* halves = tensor.as<std::uint16_t>().data();
  if (store_whole(from, tensor, first)) return;
  switch (tensor.dtype()) {
    case DType::Float64:
      std::copy(from.begin(), from.end(), tensor.as<double>().data() + first);
      return;
    case DType::Float16:
      return store_half(from.data(), from.size(), halves + first);
    case DType::BFloat16:
      return store_bfloat16(from.data(), from.size(), halves + first);
    case DType::Float8E4M3Fn:
      return store_e4m3fn(from.data(), from.size(), bytes + first);
    case DType::Float8E5M2:
      return store_e5m2(from.data(), from.size(), bytes + first);
    case DType::Float8E8M0Fnu:
      std::transform(from.begin(), from.end(), bytes + first, float_to_e8m0);
      return;
    case DType::Float4E2M1:
      return store_e2m1(from, bytes, first);
    default:
      std::memcpy(bytes + first * sizeof(float), from.data(), from.size_bytes());
      return;
  }
}

void store_doubles(std::span<const double> from, Tensor& tensor, std::size_t first) {
  if (store_whole(from, tensor, first)) return;
  if (tensor.dtype() == DType::Float64) {
    std::copy(from.begin(), from.end(), tensor.as<double>().data() + first);
    return;
  }
  std::array<float, 1024> narrowed;
  for (std::size_t done = 0; done < from.size(); done += narrowed.size()) {
    const auto part = from.subspan(done, std::min(narrowed.size(), from.size() - done));
    std::transform(part.begin(), part.end(), narrowed.begin(),
                   [](double value) { return static_cast<float>(value); });
    store_floats(std::span(narrowed).first(part.size()), tensor, first + done);
  }
}

// Pieces that begin on even elements, so that no two threads write the same byte.
template <class Body>
void for_even_pieces(std::size_t first, std::size_t count, const Body& body) {
  if (count == 0) return;
  const std::size_t last = first + count;
  const std::size_t pairs = (last + 1) / 2 - first / 2;
  parallel_for(pairs, kGrain / 2, [&](std::size_t begin, std::size_t end) {
    const std::size_t low = std::max(first, 2 * (first / 2 + begin));
    const std::size_t high = std::min(last, 2 * (first / 2 + end));
    body(low - first, high - low);
  });
}

}  // namespace

void to_float(const Tensor& tensor, std::size_t first, std::span<float> out) {
  for_even_pieces(first, out.size(), [&](std::size_t offset, std::size_t count) {
    load_floats(tensor, first + offset, out.subspan(offset, count));
  });
}

void from_float(std::span<const float> values, Tensor& tensor, std::size_t first) {
  for_even_pieces(first, values.size(), [&](std::size_t offset, std::size_t count) {
    store_floats(values.subspan(offset, count), tensor, first + offset);
  });
}

void from_double(std::span<const double> values, Tensor& tensor, std::size_t first) {
  for_even_pieces(first, values.size(), [&](std::size_t offset, std::size_t count) {
    store_doubles(values.subspan(offset, count), tensor, first + offset);
  });
}

}  // namespace fitest
