// SPDX-License-Identifier: Apache-2.0
// The generated kinds beyond the official "random": one row of kKinds each.
#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "tensor/fill.h"
#include "tensor/generate.h"
#include "tensor/normal.h"
#include "tensor/portable_math.h"
#include "tensor/random_words.h"

namespace fitest {
namespace {

using Words = std::array<std::uint32_t, kFillChunk>;

// Largest magnitude that a dtype holds, and whether it holds fractions.
constexpr std::uint64_t kMaxSpan = std::uint64_t{1} << 32;

struct Request {
  const GeneratorSpec& spec;
  DType dtype;
  const Shape& shape;
  const GeneratorKey& key;

  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorKind::Input, fmt::format("input \"{}\": kind \"{}\": {}", key.input, spec.kind, why));
  }
  double number(const std::string& name, double otherwise = 0) const {
    const auto found = spec.numbers.find(name);
    return found == spec.numbers.end() ? otherwise : found->second;
  }
  std::int64_t integer(const std::string& name, std::int64_t otherwise = 0) const {
    const double value = number(name, static_cast<double>(otherwise));
    if (value != std::floor(value) || std::fabs(value) > 0x1p53) {
      refuse(fmt::format("\"{}\" must be an integer, not {}", name, value));
    }
    return static_cast<std::int64_t>(value);
  }
  void require_integers() const {
    if (kind_of(dtype) == DTypeKind::Float || kind_of(dtype) == DTypeKind::Bool) {
      refuse(fmt::format("needs an integer dtype, not {}", name_of(dtype)));
    }
  }
  void require_floats() const {
    if (kind_of(dtype) != DTypeKind::Float) {
      refuse(fmt::format("needs a floating-point dtype, not {}", name_of(dtype)));
    }
  }
  // A number that the dtype cannot hold would silently become another.
  void require_holds(const std::string& what, double value) const {
    Tensor probe = scalar_tensor(dtype, value);
    const double held = element_as_double(probe, 0);
    const bool integral = kind_of(dtype) != DTypeKind::Float;
    if (integral ? held != value : !std::isfinite(held) && std::isfinite(value)) {
      refuse(fmt::format("{} {} does not fit {}", what, value, name_of(dtype)));
    }
  }
};

double unit_interval(std::uint32_t word) {
  return static_cast<double>(word) * 0x1p-32;
}

// Calls map(word) for every element.
template <class Map>
Tensor from_words(const Request& request, const Map& map) {
  Tensor tensor(request.dtype, request.shape);
  const RandomWords random(request.key);
  fill<double>(tensor, [&](std::size_t first, std::span<double> out) {
    Words words;
    random.fill(first, std::span(words).first(out.size()));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = map(words[i]);
  });
  return tensor;
}

template <class Map>
Tensor from_indices(const Request& request, const Map& map) {
  Tensor tensor(request.dtype, request.shape);
  fill<double>(tensor, [&](std::size_t first, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = map(first + i);
  });
  return tensor;
}

Tensor make_constant(const Request& request) {
  const double value = request.number("value");
  request.require_holds("the value", value);
  return from_indices(request, [value](std::size_t) { return value; });
}

Tensor make_zeros(const Request& request) {
  return Tensor(request.dtype, request.shape);
}

Tensor make_ones(const Request& request) {
  return from_indices(request, [](std::size_t) { return 1.0; });
}

Tensor make_uniform(const Request& request) {
  request.require_floats();
  const double low = request.number("low", 0);
  const double high = request.number("high", 1);
  if (!(low < high)) request.refuse(fmt::format("\"low\" {} must be below \"high\" {}", low, high));
  return from_words(request,
                    [=](std::uint32_t word) { return low + (high - low) * unit_interval(word); });
}

Tensor make_normal(const Request& request) {
  request.require_floats();
  const double mean = request.number("mean", 0);
  const double deviation = request.number("std", 1);
  if (!(deviation >= 0)) request.refuse(fmt::format("\"std\" must not be negative: {}", deviation));
  return from_words(request, [=](std::uint32_t word) {
    return mean + deviation * static_cast<double>(normal_from_word(word));
  });
}

// Bounds of integers drawn from [low, high).
struct IntegerRange {
  std::int64_t low;
  std::uint64_t span;
  double draw(std::uint32_t word) const {
    return static_cast<double>(low + static_cast<std::int64_t>((span * word) >> 32));
  }
};

IntegerRange integer_range(const Request& request) {
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

Tensor make_randint(const Request& request) {
  const IntegerRange range = integer_range(request);
  return from_words(request, [range](std::uint32_t word) { return range.draw(word); });
}

Tensor make_arange(const Request& request) {
  const double start = request.number("start", 0);
  const double step = request.number("step", 1);
  const std::size_t count = element_count(request.shape);
  request.require_holds("\"start\"", start);
  if (count > 0) {
    request.require_holds("the last value", start + step * static_cast<double>(count - 1));
  }
  return from_indices(request,
                      [=](std::size_t index) { return start + step * static_cast<double>(index); });
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

Tensor make_permutation(const Request& request) {
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

Tensor make_indptr(const Request& request) {
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

std::size_t last_extent(const Request& request) {
  if (request.shape.empty()) request.refuse("needs one dimension at least");
  return static_cast<std::size_t>(request.shape.back());
}

// Rows are written whole: each depends on all of its elements.
template <class Make>
Tensor from_rows(const Request& request, const Make& make) {
  Tensor tensor(request.dtype, request.shape);
  const std::size_t width = last_extent(request);
  if (tensor.count() == 0) return tensor;
  // An even number of rows a piece keeps the two halves of a float4 byte on one thread.
  const std::size_t rows = tensor.count() / width;
  parallel_for((rows + 1) / 2, 1 + kFillChunk / width, [&](std::size_t begin, std::size_t end) {
    std::vector<double> row(width);
    for (std::size_t i = 2 * begin; i < std::min(rows, 2 * end); ++i) {
      make(i, std::span(row));
      from_double(row, tensor, i * width);
    }
  });
  return tensor;
}

Tensor make_softmax(const Request& request) {
  request.require_floats();
  const RandomWords random(request.key);
  return from_rows(request, [&](std::size_t index, std::span<double> row) {
    std::vector<std::uint32_t> words(row.size());
    random.fill(index * row.size(), words);
    double sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = portable_exp(static_cast<double>(normal_from_word(words[i])));
      sum += row[i];
    }
    for (double& value : row) value /= sum;
  });
}

Tensor make_sorted(const Request& request) {
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

// Row p of [max_seq_len, rotary_dim]: cos(p f_j) for j < rotary_dim / 2, then sin(p f_j), with
// f_j = base^(-2j / rotary_dim).
Tensor make_rope_cos_sin(const Request& request) {
  request.require_floats();
  const double base = request.number("base", 10000);
  if (request.shape.size() != 2 || request.shape[1] % 2 != 0) {
    request.refuse(
        fmt::format("needs a shape [max_seq_len, rotary_dim] with an even rotary_dim, "
                    "not {}",
                    to_string(request.shape)));
  }
  if (!(base >= 1)) request.refuse(fmt::format("\"base\" must be 1 or more, not {}", base));
  if (request.shape[0] > (std::int64_t{1} << 25)) request.refuse("max_seq_len exceeds 2^25");
  const std::size_t half = last_extent(request) / 2;
  std::vector<double> frequencies(half);
  for (std::size_t j = 0; j < half; ++j) {
    const double exponent = -static_cast<double>(j) / static_cast<double>(half);
    frequencies[j] = portable_exp(exponent * portable_log(base));
  }
  return from_rows(request, [&](std::size_t position, std::span<double> row) {
    for (std::size_t j = 0; j < half; ++j) {
      const auto angle = portable_sincos(static_cast<double>(position) * frequencies[j]);
      row[j] = angle.cosine;
      row[half + j] = angle.sine;
    }
  });
}

// Defaults that keep the product of two dequantised N(0,1) operands near 1 over some thousand
// terms.
Tensor make_fp8_block_scale(const Request& request) {
  request.require_floats();
  const double low = request.number("low", 0x1p-5);
  const double high = request.number("high", 0x1p-2);
  if (!(low > 0 && low < high)) {
    request.refuse(fmt::format("needs 0 < \"low\" < \"high\", not {} and {}", low, high));
  }
  return from_words(request,
                    [=](std::uint32_t word) { return low + (high - low) * unit_interval(word); });
}

struct Kind {
  std::string_view name;
  std::vector<std::string> required;
  std::vector<std::string> optional;
  Tensor (*make)(const Request& request);
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {"arange", {}, {"start", "step"}, make_arange},
      {"constant", {"value"}, {}, make_constant},
      {"fp8_block_scale", {}, {"low", "high"}, make_fp8_block_scale},
      {"indptr", {"total"}, {"min"}, make_indptr},
      {"normal", {}, {"mean", "std"}, make_normal},
      {"ones", {}, {}, make_ones},
      {"permutation", {"of"}, {}, make_permutation},
      {"randint", {"high"}, {"low"}, make_randint},
      {"rope_cos_sin", {}, {"base"}, make_rope_cos_sin},
      {"softmax", {}, {}, make_softmax},
      {"sorted", {"high"}, {"low"}, make_sorted},
      {"uniform", {}, {"low", "high"}, make_uniform},
      {"zeros", {}, {}, make_zeros},
  };
  return table;
}

const Kind& find_kind(const Request& request) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) {
    if (kind.name == request.spec.kind) return kind;
    names.emplace_back(kind.name);
  }
  const auto similar = nearest(request.spec.kind, names);
  fail(ErrorKind::Input,
       fmt::format("input \"{}\": unknown kind \"{}\"; {}", request.key.input, request.spec.kind,
                   similar ? fmt::format("did you mean \"{}\"?", *similar)
                           : "known kinds are " + join(names, ", ")));
}

void check_parameters(const Request& request, const Kind& kind) {
  std::vector<std::string> known = kind.required;
  known.insert(known.end(), kind.optional.begin(), kind.optional.end());
  const auto check = [&](const std::string& name) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const auto similar = nearest(name, known);
    const std::string hint = similar         ? fmt::format("did you mean \"{}\"?", *similar)
                             : known.empty() ? "it takes none"
                                             : "it takes " + join(known, ", ");
    request.refuse(fmt::format("unknown parameter \"{}\"; {}", name, hint));
  };
  for (const auto& [name, value] : request.spec.texts) {
    check(name);
    request.refuse(fmt::format("\"{}\" must be a number, not \"{}\"", name, value));
  }
  for (const auto& [name, value] : request.spec.numbers) check(name);
  for (const std::string& name : kind.required) {
    if (!request.spec.numbers.contains(name)) {
      request.refuse(fmt::format("the parameter \"{}\" is missing", name));
    }
  }
}

}  // namespace

Tensor generate(const GeneratorSpec& spec, DType dtype, const Shape& shape,
                const GeneratorKey& key) {
  const Request request{spec, dtype, shape, key};
  const Kind& kind = find_kind(request);
  check_parameters(request, kind);
  return kind.make(request);
}

}  // namespace fitest
