// SPDX-License-Identifier: Apache-2.0
#include "pytorch/array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "pytorch/cast.h"

namespace fitest::pytorch {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMaxRank = 64;

}  // namespace

void Storage::Free::operator()(std::byte* bytes) const noexcept {
  std::free(bytes);
}

Storage::Storage(std::size_t bytes) : bytes_(bytes), charge_(bytes) {
  allocate();
}

Storage::Storage(Tensor borrowed)
    : bytes_(borrowed.size_bytes()), borrowed_(std::move(borrowed)), data_(borrowed_.data()) {}

void Storage::allocate() {
  const std::size_t rounded = (bytes_ / kAlignment + 2) * kAlignment;
  owned_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
  if (!owned_) {
    fail(ErrorKind::Environment, fmt::format("out of memory: a tensor of {} bytes", bytes_));
  }
  data_ = owned_.get();
}

std::byte* Storage::writable() {
  if (!owned_) {
    charge_.add(bytes_);
    const std::byte* before = data_;
    allocate();
    if (bytes_ > 0) std::memcpy(owned_.get(), before, bytes_);
    borrowed_ = Tensor();
  }
  return owned_.get();
}

std::int64_t Array::count() const {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) count *= extent;
  return count;
}

bool Array::is_contiguous() const {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

Shape contiguous_strides(const Shape& shape) {
  Shape strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<std::int64_t>(1, shape[i]);
  }
  return strides;
}

Array make_array(DType dtype, Shape shape) {
  Shape strides;
  if (shape.size() > kMaxRank) {
    fail(ErrorKind::Input,
         fmt::format("tensors have at most {} dimensions, not {}", kMaxRank, shape.size()));
  }
  const std::size_t count = element_count(shape);
  if (count > (std::size_t{1} << 48)) {
    fail(ErrorKind::Input, fmt::format("a tensor of {} elements is too large", count));
  }
  strides = contiguous_strides(shape);
  return make_strided(dtype, std::move(shape), std::move(strides));
}

Array make_strided(DType dtype, Shape shape, Shape strides) {
  if (dtype == DType::Float4E2M1) {
    fail(ErrorKind::Unsupported, "the builtin engine has no tensors of float4_e2m1");
  }
  const std::size_t bytes = element_count(shape) * (bits_of(dtype) / 8);
  return {std::make_shared<Storage>(bytes), dtype, std::move(shape), std::move(strides), 0};
}

Array view_as(const Array& array, Shape shape, Shape strides, std::int64_t offset) {
  return {array.storage, array.dtype, std::move(shape), std::move(strides), offset};
}

Array from_tensor(const Tensor& tensor) {
  if (tensor.dtype() == DType::Float4E2M1) {
    fail(ErrorKind::Unsupported, "the builtin engine has no tensors of float4_e2m1");
  }
  Shape strides = contiguous_strides(tensor.shape());
  return {std::make_shared<Storage>(tensor), tensor.dtype(), tensor.shape(), std::move(strides), 0};
}

Tensor to_tensor(const Array& array) {
  Tensor tensor(array.dtype, array.shape);
  const Array dense = contiguous(array);
  if (tensor.size_bytes() > 0) std::memcpy(tensor.data(), dense.data(), tensor.size_bytes());
  return tensor;
}

std::string sizes_text(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank) {
  const std::int64_t range = std::max<std::int64_t>(rank, 1);
  if (dim < -range || dim >= range) {
    fail(ErrorKind::Input,
         fmt::format("Dimension out of range (expected to be in range of [{}, {}], but got {})",
                     -range, range - 1, dim));
  }
  return dim < 0 ? dim + range : dim;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape shape(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t x = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
    const std::int64_t y = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
    if (x != y && x != 1 && y != 1) {
      fail(ErrorKind::Input,
           fmt::format("The size of tensor a ({}) must match the size of tensor b ({}) at "
                       "non-singleton dimension {}; the shapes are {} and {}",
                       x, y, i, sizes_text(a), sizes_text(b)));
    }
    shape[i] = x == 1 ? y : x;
  }
  return shape;
}

Array expand_to(const Array& array, const Shape& shape) {
  if (array.shape == shape) return array;
  if (array.shape.size() > shape.size()) {
    fail(ErrorKind::Input,
         fmt::format("expand: the number of sizes provided ({}) must be greater or equal to the "
                     "number of dimensions in the tensor ({})",
                     shape.size(), array.shape.size()));
  }
  const std::size_t lead = shape.size() - array.shape.size();
  Shape strides(shape.size(), 0);
  for (std::size_t i = 0; i < array.shape.size(); ++i) {
    if (array.shape[i] == shape[lead + i]) {
      strides[lead + i] = array.strides[i];
    } else if (array.shape[i] != 1) {
      fail(ErrorKind::Input,
           fmt::format("The expanded size of the tensor ({}) must match the existing size ({}) at "
                       "non-singleton dimension {}.  Target sizes: {}.  Tensor sizes: {}",
                       shape[lead + i], array.shape[i], lead + i, sizes_text(shape),
                       sizes_text(array.shape)));
    }
  }
  return view_as(array, shape, std::move(strides), array.offset);
}

}  // namespace fitest::pytorch
