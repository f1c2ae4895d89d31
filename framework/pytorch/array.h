// SPDX-License-Identifier: Apache-2.0
// A strided tensor: a view of storage that other tensors may share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pytorch/budget.h"
#include "tensor/tensor.h"

namespace fitest::pytorch {

// Bytes that several arrays may view. A borrowed one (an input of the reference) is copied at the
// first write, so that the caller's tensor stays as it is.
class Storage {
 public:
  explicit Storage(std::size_t bytes);
  explicit Storage(Tensor borrowed);
  std::size_t size_bytes() const noexcept { return bytes_; }
  const std::byte* data() const noexcept { return data_; }
  std::byte* writable();

 private:
  void allocate();

  struct Free {
    void operator()(std::byte* bytes) const noexcept;
  };
  std::size_t bytes_;
  Charge charge_;
  std::unique_ptr<std::byte[], Free> owned_;
  Tensor borrowed_;
  const std::byte* data_ = nullptr;
};

// Strides and offset count elements.
struct Array {
  std::shared_ptr<Storage> storage;
  DType dtype = DType::Float32;
  Shape shape;
  Shape strides;
  std::int64_t offset = 0;

  std::int64_t dim() const { return static_cast<std::int64_t>(shape.size()); }
  std::int64_t count() const;
  std::size_t item_size() const { return bits_of(dtype) / 8; }
  bool is_contiguous() const;
  const std::byte* data() const {
    return storage->data() + offset * static_cast<std::int64_t>(item_size());
  }
  std::byte* writable() const {
    return storage->writable() + offset * static_cast<std::int64_t>(item_size());
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(data());
  }
  template <class T>
  T* as_writable() const {
    return reinterpret_cast<T*>(writable());
  }
};

Shape contiguous_strides(const Shape& shape);
// Uninitialised elements; Error (Input) for a negative extent or too much memory.
Array make_array(DType dtype, Shape shape);
Array make_strided(DType dtype, Shape shape, Shape strides);
// The same elements under another shape and strides.
Array view_as(const Array& array, Shape shape, Shape strides, std::int64_t offset);

Array from_tensor(const Tensor& tensor);
Tensor to_tensor(const Array& array);

// "[2, 3]" as PyTorch prints sizes.
std::string sizes_text(const Shape& shape);
// Checks -rank ≤ dim < rank (a 0-dimensional tensor counts as 1-dimensional) and makes it
// non-negative; Error (Input) as PyTorch words it.
std::int64_t wrap_dim(std::int64_t dim, std::int64_t rank);
// NumPy broadcasting; Error (Input) as PyTorch words it.
Shape broadcast_shapes(const Shape& a, const Shape& b);
// A view of the larger shape, stride 0 where broadcast.
Array expand_to(const Array& array, const Shape& shape);

}  // namespace fitest::pytorch
