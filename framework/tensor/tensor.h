// SPDX-License-Identifier: Apache-2.0
// A dense row-major tensor in host memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/dtype.h"

namespace fitest {

using Shape = std::vector<std::int64_t>;

// Product of the extents; Error (Input) on a negative extent or on overflow.
std::size_t element_count(const Shape& shape);
// "[2, 3]"
std::string to_string(const Shape& shape);

// Copies share storage; bytes are aligned to 256 and zero at first.
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, Shape shape);

  DType dtype() const noexcept { return dtype_; }
  const Shape& shape() const noexcept { return shape_; }
  std::size_t count() const noexcept { return count_; }
  std::size_t size_bytes() const noexcept { return bytes_for(dtype_, count_); }
  std::byte* data() noexcept { return storage_.get(); }
  const std::byte* data() const noexcept { return storage_.get(); }
  std::span<std::byte> bytes() noexcept { return {data(), size_bytes()}; }
  std::span<const std::byte> bytes() const noexcept { return {data(), size_bytes()}; }
  // Elements as T; the caller knows that sizeof(T) fits the dtype.
  template <class T>
  std::span<T> as() noexcept {
    return {reinterpret_cast<T*>(data()), size_bytes() / sizeof(T)};
  }
  template <class T>
  std::span<const T> as() const noexcept {
    return {reinterpret_cast<const T*>(data()), size_bytes() / sizeof(T)};
  }
  Tensor clone() const;

 private:
  DType dtype_ = DType::Float32;
  Shape shape_;
  std::size_t count_ = 0;
  std::shared_ptr<std::byte[]> storage_;
};

// One element converted; integers and bools exactly where a double holds them.
double element_as_double(const Tensor& tensor, std::size_t index);
// Rounded to nearest even and saturated; NaN is 0.
std::int64_t element_as_integer(const Tensor& tensor, std::size_t index);

// Elements [first, first + out.size()) converted to float (rounded from float64 and integers).
void to_float(const Tensor& tensor, std::size_t first, std::span<float> out);
// The reverse: rounds to nearest even into the tensor's dtype. Floating-point formats overflow as
// PyTorch's casts do (base/small_float.h); integers saturate and take NaN as 0; bools are != 0.
void from_float(std::span<const float> values, Tensor& tensor, std::size_t first);
// The same from doubles: exact into float64 and integers, by way of float into the others.
void from_double(std::span<const double> values, Tensor& tensor, std::size_t first);

// 0-dimensional tensor of `dtype` that holds the value.
Tensor scalar_tensor(DType dtype, double value);

}  // namespace fitest
