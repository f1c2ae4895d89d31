// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/small_float.h"

namespace fitest {
namespace {

constexpr std::size_t kAlignment = 256;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kLarge = std::size_t{8} << 20;
constexpr std::size_t kMaxBits = std::numeric_limits<std::size_t>::max() - 7;
constexpr std::uint64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

// Huge pages save most of the page faults of a large tensor, which otherwise cost more time than
// filling it. Advice only: no result matters.
void advise_huge_pages(std::byte* data, std::size_t size) {
  if (size < kLarge) return;
  const std::size_t skipped = (kPage - reinterpret_cast<std::uintptr_t>(data) % kPage) % kPage;
  ::madvise(data + skipped, (size - skipped) / kPage * kPage, MADV_HUGEPAGE);
}

// calloc leaves the pages of a large tensor untouched, so the threads that fill it fault them in.
std::shared_ptr<std::byte[]> allocate_zeroed(std::size_t size) {
  const std::shared_ptr<void> owner(std::calloc(size + kAlignment, 1), std::free);
  if (owner == nullptr) return nullptr;
  void* aligned = owner.get();
  std::size_t space = size + kAlignment;
  std::align(kAlignment, size, aligned, space);
  advise_huge_pages(static_cast<std::byte*>(aligned), size);
  return {owner, static_cast<std::byte*>(aligned)};
}

template <class T>
T load(const Tensor& tensor, std::size_t index) {
  return tensor.as<T>()[index];
}

std::int64_t saturate_to_integer(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (value < -0x1p63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(std::nearbyint(value));
}

float element_as_float(const Tensor& tensor, std::size_t index) {
  float value = 0;
  to_float(tensor, index, std::span(&value, 1));
  return value;
}

}  // namespace

std::size_t element_count(const Shape& shape) {
  for (const std::int64_t extent : shape) {
    if (extent < 0) {
      fail(ErrorKind::Input, fmt::format("shape {} has a negative extent", to_string(shape)));
    }
  }
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) {
      fail(ErrorKind::Input,
           fmt::format("shape {} has more elements than 64 bits can count", to_string(shape)));
    }
  }
  return static_cast<std::size_t>(count);
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), count_(element_count(shape_)) {
  const std::string what =
      fmt::format("a {} tensor of shape {}", name_of(dtype), to_string(shape_));
  if (count_ > kMaxBits / bits_of(dtype)) {
    fail(ErrorKind::Input, what + " is larger than the address space");
  }
  storage_ = allocate_zeroed(size_bytes());
  if (storage_ == nullptr) {
    fail(ErrorKind::Environment, fmt::format("no memory for {} ({} bytes)", what, size_bytes()));
  }
}

Tensor Tensor::clone() const {
  if (storage_ == nullptr) return {};
  Tensor copy(dtype_, shape_);
  std::memcpy(copy.data(), data(), size_bytes());
  return copy;
}

double element_as_double(const Tensor& tensor, std::size_t index) {
  switch (tensor.dtype()) {
    case DType::Float64:
      return load<double>(tensor, index);
    case DType::Int64:
      return static_cast<double>(load<std::int64_t>(tensor, index));
    case DType::UInt64:
      return static_cast<double>(load<std::uint64_t>(tensor, index));
    case DType::Int32:
      return load<std::int32_t>(tensor, index);
    case DType::UInt32:
      return load<std::uint32_t>(tensor, index);
    default:
      return element_as_float(tensor, index);
  }
}

std::int64_t element_as_integer(const Tensor& tensor, std::size_t index) {
  if (tensor.dtype() == DType::Int64) return load<std::int64_t>(tensor, index);
  if (tensor.dtype() == DType::UInt64) {
    return static_cast<std::int64_t>(std::min(load<std::uint64_t>(tensor, index), kMaxInteger));
  }
  return saturate_to_integer(element_as_double(tensor, index));
}

Tensor scalar_tensor(DType dtype, double value) {
  Tensor tensor(dtype, {});
  from_double(std::span(&value, 1), tensor, 0);
  return tensor;
}

}  // namespace fitest
