// SPDX-License-Identifier: Apache-2.0
#include "check/dsa_top_k.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "base/small_float.h"

namespace fitest {
namespace {

constexpr float kPadding = -std::numeric_limits<float>::infinity();  // score of index -1

const Tensor& input(const Trial& trial, std::string_view name, DType dtype, std::size_t rank) {
  for (const NamedTensor& candidate : trial.inputs) {
    if (candidate.name != name) continue;
    const Tensor& tensor = candidate.tensor;
    if (tensor.dtype() == dtype && tensor.shape().size() == rank) return tensor;
    fail(ErrorKind::Input, fmt::format("the DSA top-k evaluator needs \"{}\" as {} with {} "
                                       "dimensions, not {} {}",
                                       name, name_of(dtype), rank, name_of(tensor.dtype()),
                                       to_string(tensor.shape())));
  }
  fail(ErrorKind::Input, fmt::format("the DSA top-k evaluator needs an input \"{}\"", name));
}

std::size_t extent(const Tensor& tensor, std::size_t dimension) {
  return static_cast<std::size_t>(tensor.shape()[dimension]);
}

// The inputs of one trial and what their shapes say.
class Indexer {
 public:
  explicit Indexer(const Trial& trial)
      : query_(input(trial, "q_index_fp8", DType::Float8E4M3Fn, 3)),
        cache_(input(trial, "k_index_cache_fp8", DType::Int8, 4)),
        weights_(input(trial, "weights", DType::Float32, 2)),
        lengths_(input(trial, "seq_lens", DType::Int32, 1)),
        table_(input(trial, "block_table", DType::Int32, 2)),
        heads_(extent(query_, 1)),
        width_(extent(query_, 2)),
        pages_(extent(cache_, 0)),
        page_size_(extent(cache_, 1)) {
    const std::size_t batch = extent(query_, 0);
    const bool fits = extent(cache_, 2) == 1 && extent(cache_, 3) == width_ + sizeof(float) &&
                      extent(weights_, 0) == batch && extent(weights_, 1) == heads_ &&
                      extent(lengths_, 0) == batch && extent(table_, 0) == batch;
    if (!fits) fail(ErrorKind::Input, "the inputs of the DSA top-k indexer do not fit each other");
  }

  std::size_t batch() const { return extent(query_, 0); }
  std::int32_t length(std::size_t sequence) const { return lengths_.as<std::int32_t>()[sequence]; }

  // Upstream's rule: the first slot of the block table that holds the index's page decides the
  // token's position.
  bool holds(std::size_t sequence, std::int32_t index) const {
    const auto page = static_cast<std::size_t>(index) / page_size_;
    const auto row =
        table_.as<std::int32_t>().subspan(sequence * extent(table_, 1), extent(table_, 1));
    const auto slot = std::find(row.begin(), row.end(), static_cast<std::int32_t>(page));
    if (slot == row.end() || page >= pages_) return false;
    const auto position = static_cast<std::size_t>(slot - row.begin()) * page_size_ +
                          static_cast<std::size_t>(index) % page_size_;
    return static_cast<std::int64_t>(position) < length(sequence);
  }

  // Σ over the heads of weight · relu(query · key).
  float score(std::size_t sequence, std::int32_t index) const {
    if (index < 0) return kPadding;
    std::vector<float> key(width_);
    dequantize(static_cast<std::size_t>(index), key);
    const std::uint8_t* query = query_.as<std::uint8_t>().data() + sequence * heads_ * width_;
    const float* weights = weights_.as<float>().data() + sequence * heads_;
    float total = 0;
    for (std::size_t head = 0; head < heads_; ++head) {
      float dot = 0;
      for (std::size_t i = 0; i < width_; ++i) dot += code_value(query[head * width_ + i]) * key[i];
      const float rectified = dot < 0 ? 0.0f : dot;  // NaN stays
      total += rectified * weights[head];
    }
    return total;
  }

 private:
  static float code_value(std::uint8_t code) {
    static const auto table = [] {
      std::array<float, 256> values{};
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = e4m3fn_to_float(static_cast<std::uint8_t>(i));
      }
      return values;
    }();
    return table[code];
  }

  // A page holds the codes of all its tokens, then their scales.
  void dequantize(std::size_t token, std::vector<float>& key) const {
    const std::size_t page_bytes = page_size_ * (width_ + sizeof(float));
    const std::uint8_t* page = cache_.as<std::uint8_t>().data() + token / page_size_ * page_bytes;
    const std::size_t offset = token % page_size_;
    float scale = 0;
    std::memcpy(&scale, page + page_size_ * width_ + offset * sizeof(float), sizeof scale);
    for (std::size_t i = 0; i < width_; ++i) key[i] = code_value(page[offset * width_ + i]) * scale;
  }

  const Tensor& query_;
  const Tensor& cache_;
  const Tensor& weights_;
  const Tensor& lengths_;
  const Tensor& table_;
  std::size_t heads_;
  std::size_t width_;
  std::size_t pages_;
  std::size_t page_size_;
};

// Both policies judge alike.
Verdicts same(const Verdict& verdict) {
  return {verdict, verdict};
}

Verdicts refuse(Status status, std::string message, double error) {
  Verdict verdict;
  verdict.status = status;
  verdict.max_absolute_error = error;
  verdict.max_relative_error = error;
  verdict.matched_ratio = 0;
  verdict.is_final = true;
  verdict.message = std::move(message);
  return same(verdict);
}

std::span<const std::int32_t> row_of(const Tensor& indices, std::size_t sequence) {
  return indices.as<std::int32_t>().subspan(sequence * extent(indices, 1), extent(indices, 1));
}

// What is wrong with the indices themselves, or nothing.
std::string invalid_index(const Indexer& indexer, const NamedTensor& output) {
  for (std::size_t sequence = 0; sequence < indexer.batch(); ++sequence) {
    const auto row = row_of(output.tensor, sequence);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] < 0 || indexer.holds(sequence, row[i])) continue;
      return fmt::format("{}[{}, {}]: {} is no token of sequence {}, which has {}", output.name,
                         sequence, i, row[i], sequence, indexer.length(sequence));
    }
  }
  for (std::size_t sequence = 0; sequence < indexer.batch(); ++sequence) {
    const auto row = row_of(output.tensor, sequence);
    std::vector<std::int32_t> sorted(row.begin(), row.end());
    std::sort(sorted.begin(), sorted.end());
    const auto first = std::lower_bound(sorted.begin(), sorted.end(), 0);
    const auto twice = std::adjacent_find(first, sorted.end());
    if (twice == sorted.end()) continue;
    return fmt::format("{}: index {} occurs more than once for sequence {}", output.name, *twice,
                       sequence);
  }
  return "";
}

// Scores of every row in descending order, NaN first, as torch.sort has them.
std::vector<float> sorted_scores(const Indexer& indexer, const Tensor& indices) {
  const std::size_t width = extent(indices, 1);
  const auto all = indices.as<std::int32_t>();
  std::vector<float> scores(indices.count());
  parallel_for(scores.size(), 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) scores[i] = indexer.score(i / width, all[i]);
  });
  for (std::size_t sequence = 0; sequence < indexer.batch(); ++sequence) {
    const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(sequence * width);
    std::sort(begin, begin + static_cast<std::ptrdiff_t>(width), [](float left, float right) {
      if (std::isnan(left) || std::isnan(right)) return std::isnan(left) && !std::isnan(right);
      return left > right;
    });
  }
  return scores;
}

struct ScoreErrors {
  std::size_t bad = 0;
  std::size_t first_bad = 0;
  bool mismatched = false;  // non-finite and not alike
  float absolute = 0;
  float relative = 0;
};

ScoreErrors compare_scores(const std::vector<float>& expected, const std::vector<float>& actual,
                           const Tolerance& tolerance) {
  ScoreErrors errors;
  const auto note_bad = [&](std::size_t i) {
    if (errors.bad++ == 0) errors.first_bad = i;
  };
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const float x = actual[i];
    const float y = expected[i];
    if (!std::isfinite(x) || !std::isfinite(y)) {
      if (x == y || (std::isnan(x) && std::isnan(y))) continue;
      errors.mismatched = true;
      note_bad(i);
      continue;
    }
    const float absolute = std::fabs(x - y);
    const float relative = absolute / (std::fabs(y) + 1e-8f);
    errors.absolute = std::max(errors.absolute, absolute);
    errors.relative = std::max(errors.relative, relative);
    const bool beyond = absolute > static_cast<float>(tolerance.atol) &&
                        relative > static_cast<float>(tolerance.rtol);
    if (beyond) note_bad(i);
  }
  return errors;
}

Verdicts judge_scores(const Indexer& indexer, const NamedTensor& expected,
                      const NamedTensor& actual, const Tolerance& tolerance) {
  const std::vector<float> wanted = sorted_scores(indexer, expected.tensor);
  const std::vector<float> got = sorted_scores(indexer, actual.tensor);
  const ScoreErrors errors = compare_scores(wanted, got, tolerance);
  Verdict verdict;
  const double infinity = std::numeric_limits<double>::infinity();
  verdict.max_absolute_error = errors.mismatched ? infinity : errors.absolute;
  verdict.max_relative_error = errors.mismatched ? infinity : errors.relative;
  if (wanted.empty()) return same(verdict);
  verdict.matched_ratio =
      1.0 - static_cast<double>(errors.bad) / static_cast<double>(wanted.size());
  if (verdict.matched_ratio >= tolerance.required_matched_ratio.value_or(1.0)) return same(verdict);
  verdict.status = Status::IncorrectNumerical;
  const std::size_t width = extent(expected.tensor, 1);
  verdict.message = fmt::format(
      "{}: the score at rank {} of sequence {} is {}, expected {}; {} of {} scores wrong; "
      "tolerance "
      "atol {} or rtol {}",
      actual.name, errors.first_bad % width, errors.first_bad / width, got[errors.first_bad],
      wanted[errors.first_bad], errors.bad, wanted.size(), tolerance.atol, tolerance.rtol);
  return same(verdict);
}

}  // namespace

Verdicts evaluate_dsa_top_k(const Trial& trial, const Tolerance& tolerance) {
  if (trial.expected.empty() || trial.actual.empty()) {
    return refuse(Status::RuntimeError, "expected 1 output, got 0", 0);
  }
  const NamedTensor& expected = trial.expected.front();
  const NamedTensor& actual = trial.actual.front();
  if (actual.tensor.shape() != expected.tensor.shape()) {
    return refuse(Status::IncorrectShape,
                  fmt::format("{}: expected shape {}, got {}", expected.name,
                              to_string(expected.tensor.shape()), to_string(actual.tensor.shape())),
                  0);
  }
  if (actual.tensor.dtype() != expected.tensor.dtype()) {
    return refuse(Status::IncorrectDtype,
                  fmt::format("{}: expected dtype {}, got {}", expected.name,
                              name_of(expected.tensor.dtype()), name_of(actual.tensor.dtype())),
                  0);
  }
  const Indexer indexer(trial);
  const Shape& shape = expected.tensor.shape();
  if (expected.tensor.dtype() != DType::Int32 || shape.size() != 2 ||
      extent(expected.tensor, 0) != indexer.batch()) {
    fail(ErrorKind::Input, fmt::format("the DSA top-k evaluator needs int32 indices of shape "
                                       "[batch_size, topk], not {} {}",
                                       name_of(expected.tensor.dtype()), to_string(shape)));
  }
  const std::string invalid = invalid_index(indexer, actual);
  if (!invalid.empty()) {
    return refuse(Status::IncorrectNumerical, invalid, std::numeric_limits<double>::infinity());
  }
  return judge_scores(indexer, expected, actual, tolerance);
}

}  // namespace fitest
