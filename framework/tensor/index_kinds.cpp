// SPDX-License-Identifier: Apache-2.0
// Generated kinds that are integers: ranges, permutations, offsets.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tensor/kind_request.h"

namespace fitest {
namespace {

constexpr std::uint64_t kMaxSpan = std::uint64_t{1} << 32;  // of what one word can choose from

// Bounds of integers drawn from [low, high).
struct IntegerRange {
  std::int64_t low;
  std::uint64_t span;
  double draw(std::uint32_t word) const {
    return static_cast<double>(low + static_cast<std::int64_t>((span * word) >> 32));
  }
};

IntegerRange integer_range(const KindRequest& request) {
  const std::int64_t low = request.integer("low");
  const std::int64_t high = request.integer("high");
  if (low >= high) request.refuse(fmt::format("\"low\" {} must be below \"high\" {}", low, high));
  const auto span = static_cast<std::uint64_t>(high - low);
  if (span >= kMaxSpan) {
    request.refuse(fmt::format("[{}, {}) holds more than 2^32 - 1 values", low, high));
  }
  request.require_holds("\"low\"", static_cast<double>(low));
  request.require_holds("the largest value", static_cast<double>(high - 1));
  return {low, span};
}

// The first `count` places of a random permutation of [0, size): Fisher and Yates.
std::vector<std::uint32_t> draw_permutation(const RandomWords& random, std::uint64_t size,
                                            std::size_t count) {
  std::vector<std::uint32_t> values(size);
  std::iota(values.begin(), values.end(), 0u);
  std::vector<std::uint32_t> words(count);
  random.fill(0, words);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t other = i + (((size - i) * words[i]) >> 32);
    std::swap(values[i], values[other]);
  }
  values.resize(count);
  return values;
}

// Lengths of `rows` segments that sum to `total`: with min = 0 and at least four rows, an eighth of
// them (one at least) is empty; the others are cut at sorted uniform points.
std::vector<std::int64_t> draw_segments(const RandomWords& random, std::size_t rows,
                                        std::int64_t total, std::int64_t min) {
  std::vector<std::int64_t> lengths(rows, min);
  const std::int64_t rest = total - min * static_cast<std::int64_t>(rows);
  const std::size_t empty = min == 0 && rows >= 4 ? std::max<std::size_t>(1, rows / 8) : 0;
  const std::vector<std::uint32_t> order = draw_permutation(random, rows, rows);
  const std::size_t filled = rows - empty;
  std::vector<std::int64_t> cuts(filled - 1);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const double share = unit_interval(random.word(rows + i));
    cuts[i] = static_cast<std::int64_t>(share * static_cast<double>(rest + 1));
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.push_back(rest);
  std::int64_t before = 0;
  for (std::size_t i = 0; i < filled; ++i) {
    lengths[order[i]] += cuts[i] - before;
    before = cuts[i];
  }
  return lengths;
}

}  // namespace

Tensor make_randint(const KindRequest& request) {
  const IntegerRange range = integer_range(request);
  return from_words(request, [range](std::uint32_t word) { return range.draw(word); });
}

Tensor make_permutation(const KindRequest& request) {
  request.require_integers();
  const std::int64_t of = request.integer("of");
  const std::size_t count = element_count(request.shape);
  if (of < 0 || static_cast<std::uint64_t>(of) >= kMaxSpan) {
    request.refuse(fmt::format("\"of\" must be in [0, 2^32), not {}", of));
  }
  if (count > static_cast<std::uint64_t>(of)) {
    request.refuse(fmt::format("shape {} has {} elements, but only {} different values exist",
                               to_string(request.shape), count, of));
  }
  if (of > 0) request.require_holds("the largest value", static_cast<double>(of - 1));
  const auto values =
      draw_permutation(RandomWords(request.key), static_cast<std::uint64_t>(of), count);
  return from_indices(request,
                      [&](std::size_t index) { return static_cast<double>(values[index]); });
}

Tensor make_indptr(const KindRequest& request) {
  request.require_integers();
  const std::int64_t total = request.integer("total");
  const std::int64_t min = request.integer("min");
  if (request.shape.size() != 1 || request.shape[0] < 1) {
    request.refuse(fmt::format("needs a shape [rows + 1], not {}", to_string(request.shape)));
  }
  const auto rows = static_cast<std::size_t>(request.shape[0] - 1);
  if (total < 0 || min < 0) {
    request.refuse(fmt::format("\"total\" {} and \"min\" {} must not be negative", total, min));
  }
  if (rows == 0 && total != 0) {
    request.refuse(fmt::format("no rows, yet \"total\" is {}", total));
  }
  if (rows > 0 && min > total / static_cast<std::int64_t>(rows)) {
    request.refuse(
        fmt::format("{} rows of at least {} are more than \"total\" {}", rows, min, total));
  }
  request.require_holds("\"total\"", static_cast<double>(total));
  std::vector<std::int64_t> offsets(1, 0);
  if (rows > 0) {
    const auto lengths = draw_segments(RandomWords(request.key), rows, total, min);
    for (const std::int64_t length : lengths) offsets.push_back(offsets.back() + length);
  }
  return from_indices(request,
                      [&](std::size_t index) { return static_cast<double>(offsets[index]); });
}

Tensor make_sorted(const KindRequest& request) {
  const IntegerRange range = integer_range(request);
  const RandomWords random(request.key);
  return from_rows(request, [&](std::size_t index, std::span<double> row) {
    std::vector<std::uint32_t> words(row.size());
    random.fill(index * row.size(), words);
    std::transform(words.begin(), words.end(), row.begin(),
                   [&](std::uint32_t word) { return range.draw(word); });
    std::sort(row.begin(), row.end());
  });
}

}  // namespace fitest
