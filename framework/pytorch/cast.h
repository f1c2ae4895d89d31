// SPDX-License-Identifier: Apache-2.0
// Moves elements between dtypes, and between dtypes and the three types that operators compute
// in: float (float32 and narrower), double (float64) and int64 (integers and bool).
#pragma once

#include <cstdint>

#include "pytorch/array.h"

namespace fitest::pytorch {

// Reads n elements, `stride` elements apart, as C; writes them dense.
template <class C>
using Load = void (*)(const std::byte* from, std::int64_t stride, std::int64_t n, C* to);
// The reverse: rounds to nearest even into floats, truncates floats and wraps into integers.
template <class C>
using Store = void (*)(const C* from, std::byte* to, std::int64_t stride, std::int64_t n);

// C: float, double or std::int64_t.
template <class C>
Load<C> load_of(DType dtype);
template <class C>
Store<C> store_of(DType dtype);

// The compute type of a dtype.
enum class Compute { Float, Double, Integer };
Compute compute_of(DType dtype);

// A copy in another dtype; dense, in the memory order of the original.
Array cast(const Array& array, DType dtype);
// Itself if it has the dtype.
Array to_dtype(const Array& array, DType dtype);
// Itself if row-major and dense, else a copy that is.
Array contiguous(const Array& array);
Array clone(const Array& array);
// Element by element, converted; the shapes must be equal or `from` broadcast to `to`.
void copy_into(const Array& from, const Array& to);

// Strides for a result of `shape` in the memory order of the array, if it is dense; else row-major.
Shape preserved_strides(const Array& array);

}  // namespace fitest::pytorch
