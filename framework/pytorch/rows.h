// SPDX-License-Identifier: Apache-2.0
// Walks several strided operands of one shape row by row, after merging what can be one dimension.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/parallel.h"
#include "pytorch/array.h"

namespace fitest::pytorch {

inline constexpr std::int64_t kParallelGrain = 32768;  // elements worth a thread

// Dimensions from slow to fast; strides[operand][dimension].
template <std::size_t N>
struct Walk {
  Shape extents;
  std::array<Shape, N> strides;
};

// Orders the dimensions by the first operand's strides (it is written) and merges neighbours.
template <std::size_t N>
Walk<N> plan_walk(const Shape& shape, const std::array<const Shape*, N>& strides) {
  Shape order;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != 1) order.push_back(static_cast<std::int64_t>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return (*strides[0])[static_cast<std::size_t>(a)] > (*strides[0])[static_cast<std::size_t>(b)];
  });
  Walk<N> walk;
  for (std::int64_t signed_dim : order) {
    const auto dim = static_cast<std::size_t>(signed_dim);
    bool merges = !walk.extents.empty();
    for (std::size_t k = 0; merges && k < N; ++k) {
      merges = walk.strides[k].back() == (*strides[k])[dim] * shape[dim];
    }
    if (merges) {
      walk.extents.back() *= shape[dim];
      for (std::size_t k = 0; k < N; ++k) walk.strides[k].back() = (*strides[k])[dim];
    } else {
      walk.extents.push_back(shape[dim]);
      for (std::size_t k = 0; k < N; ++k) walk.strides[k].push_back((*strides[k])[dim]);
    }
  }
  if (walk.extents.empty()) {
    walk.extents.push_back(1);
    for (std::size_t k = 0; k < N; ++k) walk.strides[k].push_back(1);
  }
  return walk;
}

// Elements [begin, end) of a walk, in runs of at most `longest`.
struct WalkRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t longest = 0;
};

// Calls body(offsets, n) for runs along the fastest dimension; offsets count elements from each
// operand's first.
template <std::size_t N, class Body>
void walk_range(const Walk<N>& walk, const WalkRange& range, const Body& body) {
  const auto [begin, end, longest] = range;
  const std::size_t rank = walk.extents.size();
  const std::int64_t inner = walk.extents[rank - 1];
  Shape index(rank, 0);
  std::array<std::int64_t, N> offsets{};
  std::int64_t rest = begin;
  for (std::size_t d = rank; d-- > 0;) {
    index[d] = rest % walk.extents[d];
    rest /= walk.extents[d];
    for (std::size_t k = 0; k < N; ++k) offsets[k] += index[d] * walk.strides[k][d];
  }
  for (std::int64_t at = begin; at < end;) {
    const std::int64_t n = std::min({longest, end - at, inner - index[rank - 1]});
    body(offsets, n);
    at += n;
    index[rank - 1] += n;
    for (std::size_t k = 0; k < N; ++k) offsets[k] += n * walk.strides[k][rank - 1];
    for (std::size_t d = rank - 1; d > 0 && index[d] == walk.extents[d]; --d) {
      for (std::size_t k = 0; k < N; ++k) {
        offsets[k] += walk.strides[k][d - 1] - walk.extents[d] * walk.strides[k][d];
      }
      index[d] = 0;
      ++index[d - 1];
    }
  }
}

template <std::size_t N, class Body>
void walk_rows(const Walk<N>& walk, std::int64_t longest, const Body& body) {
  std::int64_t count = 1;
  for (std::int64_t extent : walk.extents) count *= extent;
  if (count == 0) return;
  if (count <= kParallelGrain) return walk_range(walk, {0, count, longest}, body);
  parallel_for(static_cast<std::size_t>(count), static_cast<std::size_t>(kParallelGrain),
               [&](std::size_t begin, std::size_t end) {
                 walk_range(
                     walk,
                     {static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end), longest},
                     body);
               });
}

}  // namespace fitest::pytorch
