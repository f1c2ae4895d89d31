// SPDX-License-Identifier: Apache-2.0
#include "check/comparison.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <mutex>

#include "base/parallel.h"
#include "tensor/simd.h"

namespace fitest {
namespace {

constexpr std::size_t kChunk = 4096;
constexpr std::uint32_t kMagnitude = 0x7FFFFFFFu;
constexpr std::uint32_t kInfinity = 0x7F800000u;

// What is true of one element, each 0 or 1, and its errors as the bits of a float: those of
// non-negative floats order as integers do, with NaN above infinity.
struct Element {
  std::uint32_t beyond;
  std::uint32_t mismatched;
  std::uint32_t infinite;
  std::uint32_t nan;
  std::uint32_t finite;
  std::uint32_t absolute;
  std::uint32_t relative;
};

struct FloatTolerance {
  float rtol;
  float atol;
};

inline Element classify(float actual, float expected, FloatTolerance tolerance) {
  const auto x = std::bit_cast<std::uint32_t>(actual);
  const auto y = std::bit_cast<std::uint32_t>(expected);
  const std::uint32_t x_magnitude = x & kMagnitude;
  const std::uint32_t y_magnitude = y & kMagnitude;
  const float absolute = std::fabs(actual - expected);
  const float relative = absolute / (std::fabs(expected) + 1e-8f);
  const std::uint32_t both_nan =
      static_cast<std::uint32_t>(x_magnitude > kInfinity) & (y_magnitude > kInfinity ? 1u : 0u);
  const std::uint32_t same = (x == y ? 1u : 0u) | both_nan;
  const std::uint32_t finite =
      (x_magnitude < kInfinity ? 1u : 0u) & (y_magnitude < kInfinity ? 1u : 0u);
  Element element{};
  element.beyond = (absolute > tolerance.atol ? 1u : 0u) & (relative > tolerance.rtol ? 1u : 0u);
  element.mismatched = (finite | same) ^ 1u;
  element.infinite = x_magnitude == kInfinity ? 1u : 0u;
  element.nan = x_magnitude > kInfinity ? 1u : 0u;
  element.finite = finite;
  element.absolute = std::bit_cast<std::uint32_t>(absolute) & kMagnitude;
  element.relative = std::bit_cast<std::uint32_t>(relative) & kMagnitude;
  return element;
}

// Sums and maxima of the elements of a chunk.
struct Summary {
  std::uint32_t beyond = 0;
  std::uint32_t mismatched = 0;
  std::uint32_t wrong = 0;
  std::uint32_t infinite = 0;
  std::uint32_t nan = 0;
  std::uint32_t absolute = 0;
  std::uint32_t relative = 0;
  std::uint32_t finite_absolute = 0;
  std::uint32_t finite_relative = 0;
};

struct Pairs {
  const float* actual;
  const float* expected;
  std::size_t count;
};

FITEST_SIMD Summary summarize(Pairs pairs, FloatTolerance tolerance) {
  Summary sum;
  for (std::size_t i = 0; i < pairs.count; ++i) {
    const Element element = classify(pairs.actual[i], pairs.expected[i], tolerance);
    const std::uint32_t finite_mask = 0u - element.finite;
    sum.beyond += element.beyond;
    sum.mismatched += element.mismatched;
    sum.wrong += element.beyond | element.mismatched;
    sum.infinite += element.infinite;
    sum.nan += element.nan;
    sum.absolute = std::max(sum.absolute, element.absolute);
    sum.relative = std::max(sum.relative, element.relative);
    sum.finite_absolute = std::max(sum.finite_absolute, element.absolute & finite_mask);
    sum.finite_relative = std::max(sum.finite_relative, element.relative & finite_mask);
  }
  return sum;
}

void merge(Elements& into, const Elements& from) {
  if (from.count == 0) return;
  into.first = into.count == 0 ? from.first : std::min(into.first, from.first);
  into.count += from.count;
}

// The larger one; NaN wins.
float larger(float left, float right) {
  return std::isnan(left) || left > right ? left : right;
}

// The order in which pieces end must not show: equal errors keep the lowest index.
void merge(Comparison& into, const Comparison& from) {
  merge(into.beyond_tolerance, from.beyond_tolerance);
  merge(into.mismatched, from.mismatched);
  merge(into.wrong, from.wrong);
  merge(into.infinite, from.infinite);
  merge(into.nan, from.nan);
  into.max_absolute_error = larger(into.max_absolute_error, from.max_absolute_error);
  into.max_relative_error = larger(into.max_relative_error, from.max_relative_error);
  into.finite_max_relative_error =
      std::max(into.finite_max_relative_error, from.finite_max_relative_error);
  const bool same = from.finite_max_absolute_error == into.finite_max_absolute_error;
  if (from.finite_max_absolute_error > into.finite_max_absolute_error ||
      (same && from.finite_max_absolute_error > 0 && from.worst < into.worst)) {
    into.finite_max_absolute_error = from.finite_max_absolute_error;
    into.worst = from.worst;
  }
}

// Compares a range of elements, chunk by chunk.
class Piece {
 public:
  Piece(const Tensor& expected, const Tensor& actual, FloatTolerance tolerance)
      : expected_(expected), actual_(actual), tolerance_(tolerance) {}

  void add(std::size_t first, std::size_t count) {
    const auto x = std::span(x_).first(count);
    const auto y = std::span(y_).first(count);
    to_float(actual_, first, x);
    to_float(expected_, first, y);
    const Summary sum = summarize({x.data(), y.data(), count}, tolerance_);
    locate(first, count, sum);
    result_.max_absolute_error =
        larger(result_.max_absolute_error, std::bit_cast<float>(sum.absolute));
    result_.max_relative_error =
        larger(result_.max_relative_error, std::bit_cast<float>(sum.relative));
    result_.finite_max_relative_error =
        std::max(result_.finite_max_relative_error, std::bit_cast<float>(sum.finite_relative));
  }
  const Comparison& result() const { return result_; }

 private:
  // Which elements they are is looked up only where a chunk has something new to tell.
  void locate(std::size_t first, std::size_t count, const Summary& sum) {
    const auto find = [&](const auto& predicate) {
      for (std::size_t i = 0; i < count; ++i) {
        if (predicate(classify(x_[i], y_[i], tolerance_))) return first + i;
      }
      return first;
    };
    const auto note = [&](Elements& elements, std::uint32_t more, const auto& predicate) {
      if (more > 0 && elements.count == 0) elements.first = find(predicate);
      elements.count += more;
    };
    note(result_.beyond_tolerance, sum.beyond, [](const Element& e) { return e.beyond != 0; });
    note(result_.mismatched, sum.mismatched, [](const Element& e) { return e.mismatched != 0; });
    note(result_.wrong, sum.wrong, [](const Element& e) { return (e.beyond | e.mismatched) != 0; });
    note(result_.infinite, sum.infinite, [](const Element& e) { return e.infinite != 0; });
    note(result_.nan, sum.nan, [](const Element& e) { return e.nan != 0; });
    const auto largest = std::bit_cast<float>(sum.finite_absolute);
    if (largest <= result_.finite_max_absolute_error) return;
    result_.finite_max_absolute_error = largest;
    result_.worst =
        find([&](const Element& e) { return e.finite != 0 && e.absolute == sum.finite_absolute; });
  }

  const Tensor& expected_;
  const Tensor& actual_;
  FloatTolerance tolerance_;
  Comparison result_;
  std::array<float, kChunk> x_;
  std::array<float, kChunk> y_;
};

}  // namespace

Comparison compare(const Tensor& expected, const Tensor& actual, const Tolerance& tolerance) {
  // PyTorch compares a float32 tensor with a Python number rounded to float32.
  const FloatTolerance rounded{static_cast<float>(tolerance.rtol),
                               static_cast<float>(tolerance.atol)};
  Comparison total;
  total.count = expected.count();
  std::mutex mutex;
  const std::size_t chunks = (total.count + kChunk - 1) / kChunk;
  parallel_for(chunks, 8, [&](std::size_t begin, std::size_t end) {
    Piece piece(expected, actual, rounded);
    for (std::size_t chunk = begin; chunk < end; ++chunk) {
      const std::size_t first = chunk * kChunk;
      piece.add(first, std::min(kChunk, total.count - first));
    }
    const std::lock_guard lock(mutex);
    merge(total, piece.result());
  });
  return total;
}

}  // namespace fitest
