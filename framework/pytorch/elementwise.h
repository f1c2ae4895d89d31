// SPDX-License-Identifier: Apache-2.0
// Applies a loop over compute-type runs to whole tensors: broadcasting, conversion and rounding
// happen around the loop, the dtype is looked at once.
#pragma once

#include <array>
#include <cstdint>

#include "pytorch/cast.h"
#include "pytorch/promote.h"
#include "pytorch/rows.h"

namespace fitest::pytorch {

inline constexpr std::int64_t kRunLength = 512;  // elements; a run's buffers stay in the L1 cache

template <class C>
constexpr DType kComputeDType = std::is_same_v<C, float>    ? DType::Float32
                                : std::is_same_v<C, double> ? DType::Float64
                                                            : DType::Int64;

// loop(inputs, out, n): `inputs` are N dense runs. The shapes of the inputs are out's.
template <class C, std::size_t N, class Loop>
void apply_runs(const std::array<Array, N>& inputs, const Array& out, const Loop& loop) {
  std::array<const Shape*, N + 1> strides{&out.strides};
  std::array<const std::byte*, N + 1> bases{out.writable()};
  std::array<std::int64_t, N + 1> sizes{static_cast<std::int64_t>(out.item_size())};
  std::array<Load<C>, N> loads{};
  for (std::size_t k = 0; k < N; ++k) {
    strides[k + 1] = &inputs[k].strides;
    bases[k + 1] = inputs[k].data();
    sizes[k + 1] = static_cast<std::int64_t>(inputs[k].item_size());
    loads[k] = load_of<C>(inputs[k].dtype);
  }
  const Walk<N + 1> walk = plan_walk<N + 1>(out.shape, strides);
  std::array<std::int64_t, N + 1> inner{};
  for (std::size_t k = 0; k <= N; ++k) inner[k] = walk.strides[k].back();
  const Store<C> store = store_of<C>(out.dtype);
  const bool direct_out = out.dtype == kComputeDType<C> && inner[0] == 1;
  std::array<bool, N> direct{};
  for (std::size_t k = 0; k < N; ++k) {
    direct[k] = inputs[k].dtype == kComputeDType<C> && inner[k + 1] == 1;
  }
  walk_rows(walk, kRunLength, [&](const std::array<std::int64_t, N + 1>& at, std::int64_t n) {
    alignas(64) C buffers[N + 1][kRunLength];
    std::array<const C*, N> in{};
    for (std::size_t k = 0; k < N; ++k) {
      const std::byte* from = bases[k + 1] + at[k + 1] * sizes[k + 1];
      if (direct[k]) {
        in[k] = reinterpret_cast<const C*>(from);
      } else {
        loads[k](from, inner[k + 1], n, buffers[k]);
        in[k] = buffers[k];
      }
    }
    auto* to = const_cast<std::byte*>(bases[0]) + at[0] * sizes[0];
    if (direct_out) {
      loop(in, reinterpret_cast<C*>(to), n);
    } else {
      loop(in, buffers[N], n);
      store(buffers[N], to, inner[0], n);
    }
  });
}

// Calls with a value of the compute type of the dtype.
template <class F>
void with_compute_type(DType dtype, const F& function) {
  switch (compute_of(dtype)) {
    case Compute::Float:
      return function(float{});
    case Compute::Double:
      return function(double{});
    default:
      return function(std::int64_t{});
  }
}

// A result in the memory order of the first input that has its shape.
template <std::size_t N>
Array make_result(DType dtype, const Shape& shape, const std::array<Array, N>& inputs) {
  for (const Array& input : inputs) {
    if (input.shape == shape && !input.is_contiguous()) {
      return make_strided(dtype, shape, preserved_strides(input));
    }
    if (input.shape == shape) break;
  }
  return make_array(dtype, shape);
}

}  // namespace fitest::pytorch
