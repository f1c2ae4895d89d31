// SPDX-License-Identifier: Apache-2.0
// Rows of random numbers: equal to PyTorch's in distribution, not in bits. Philox keyed by the
// number of the draw within the run makes them the same on every machine.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/philox.h"
#include "pytorch/operator.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

// 32-bit words of one operator's draw.
class Words {
 public:
  Words() : key_{0x66697465U, next_draw()} {}

  std::uint32_t next() {
    if (used_ == 4) {
      block_ = philox4x32_10({counter_, 0, 0, 0}, key_);
      ++counter_;
      used_ = 0;
    }
    return block_[used_++];
  }
  // In [0, 1), 53 bits.
  double uniform() {
    const std::uint64_t high = next();
    const std::uint64_t low = next();
    return static_cast<double>(((high << 32) | low) >> 11) * 0x1p-53;
  }
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  static std::uint32_t next_draw() {
    Budget* budget = Budget::current();
    return budget == nullptr ? 0 : budget->next_draw();
  }
  PhiloxKey key_;
  PhiloxBlock block_{};
  std::uint32_t counter_ = 0;
  std::size_t used_ = 4;
};

template <class Draw>
void draw_into(const Array& array, const Draw& draw) {
  Words words;
  const Array dense = make_array(array.dtype, array.shape);
  const auto size = static_cast<std::int64_t>(dense.item_size());
  std::byte* at = dense.writable();
  const Store<double> store = store_of<double>(dense.dtype);
  for (std::int64_t i = 0; i < dense.count(); ++i, at += size) {
    const double value = draw(words);
    store(&value, at, 1, 1);
  }
  copy_into(dense, array);
}

double uniform(Words& words) {
  return words.uniform();
}
double normal(Words& words) {
  return words.normal();
}

Value run_rand(Bound& b) {
  const Array array = make_array(b.dtype_or(1, DType::Float32), b.integers(0));
  draw_into(array, uniform);
  return Value(array);
}
Value run_randn(Bound& b) {
  const Array array = make_array(b.dtype_or(1, DType::Float32), b.integers(0));
  draw_into(array, normal);
  return Value(array);
}
Value run_rand_like(Bound& b) {
  const Array array = make_array(b.dtype_or(1, b.tensor(0).dtype), b.tensor(0).shape);
  draw_into(array, uniform);
  return Value(array);
}
Value run_randn_like(Bound& b) {
  const Array array = make_array(b.dtype_or(1, b.tensor(0).dtype), b.tensor(0).shape);
  draw_into(array, normal);
  return Value(array);
}

Array integers(std::int64_t low, std::int64_t high, const Shape& shape, DType dtype) {
  if (low >= high) {
    fail(ErrorKind::Input,
         fmt::format("random_ expects 'from' to be less than 'to', but got from={} >= to={}", low,
                     high));
  }
  Array array = make_array(dtype, shape);
  const auto span = static_cast<double>(high) - static_cast<double>(low);
  draw_into(array, [&](Words& words) {
    return static_cast<double>(low) + std::floor(words.uniform() * span);
  });
  return array;
}
Value run_randint_high(Bound& b) {
  return Value(integers(0, b.integer(0), b.integers(1), b.dtype_or(2, DType::Int64)));
}
Value run_randint(Bound& b) {
  return Value(integers(b.integer(0), b.integer(1), b.integers(2), b.dtype_or(3, DType::Int64)));
}

Value run_randperm(Bound& b) {
  const std::int64_t n = b.integer(0);
  Array array = make_array(DType::Int64, {n});
  auto* values = array.as_writable<std::int64_t>();
  for (std::int64_t i = 0; i < n; ++i) values[i] = i;
  Words words;
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(values[i],
              values[static_cast<std::int64_t>(words.uniform() * static_cast<double>(i + 1))]);
  }
  return Value(to_dtype(array, b.dtype_or(1, DType::Int64)));
}

// Weights of one row, checked.
std::vector<double> weights_of(const Array& row) {
  std::vector<double> weights(static_cast<std::size_t>(row.count()));
  load_of<double>(row.dtype)(row.data(), row.strides[0], row.count(), weights.data());
  double total = 0;
  for (double weight : weights) {
    if (!(weight >= 0) || std::isinf(weight)) {
      fail(ErrorKind::Input, "probability tensor contains either `inf`, `nan` or element < 0");
    }
    total += weight;
  }
  if (total <= 0) {
    fail(ErrorKind::Input, "invalid multinomial distribution (sum of probabilities <= 0)");
  }
  return weights;
}

std::int64_t draw_index(const std::vector<double>& weights, Words& words) {
  double total = 0;
  for (double weight : weights) total += weight;
  const double target = words.uniform() * total;
  double running = 0;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    running += weights[i];
    last = static_cast<std::int64_t>(i);
    if (target < running) break;
  }
  return last;
}

Value run_multinomial(Bound& b) {
  const Array& input = b.tensor(0);
  const std::int64_t samples = b.integer(1);
  const bool replacement = b.flag(2);
  if (kind_of(input.dtype) != DTypeKind::Float) {
    fail(ErrorKind::Input, fmt::format("multinomial only supports floating-point dtypes for input, "
                                       "got: {}",
                                       name_of(input.dtype)));
  }
  if (input.dim() < 1 || input.dim() > 2) fail(ErrorKind::Input, "prob_dist must be 1 or 2 dim");
  if (samples <= 0) fail(ErrorKind::Input, "cannot sample n_sample <= 0 samples");
  if (!replacement && samples > input.shape.back()) {
    fail(ErrorKind::Input,
         "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  }
  const Array rows = input.dim() == 1 ? unsqueeze(input, 0) : input;
  const Array result = make_array(DType::Int64, {rows.shape[0], samples});
  Words words;
  for (std::int64_t r = 0; r < rows.shape[0]; ++r) {
    std::vector<double> weights = weights_of(select(rows, 0, r));
    for (std::int64_t s = 0; s < samples; ++s) {
      const std::int64_t index = draw_index(weights, words);
      if (!replacement) weights[static_cast<std::size_t>(index)] = 0;
      result.as_writable<std::int64_t>()[r * samples + s] = index;
    }
  }
  return Value(input.dim() == 1 ? squeeze(result, 0) : result);
}

Value run_bernoulli(Bound& b) {
  const Array& array = b.tensor(0);
  const Array result = make_array(array.dtype, array.shape);
  std::int64_t i = 0;
  draw_into(result, [&](Words& words) {
    const double p = scalar_of(element_at(array, i++))->number;
    if (!(p >= 0 && p <= 1)) fail(ErrorKind::Input, "Expected p_in >= 0 && p_in <= 1 to be true");
    return words.uniform() < p ? 1.0 : 0.0;
  });
  return Value(result);
}

Value run_uniform(Bound& b) {
  const double from = b.number(1);
  const double to = b.number(2);
  draw_into(b.tensor(0), [=](Words& words) { return from + words.uniform() * (to - from); });
  return b.self();
}
Value run_normal(Bound& b) {
  const double mean = b.number(1);
  const double deviation = b.number(2);
  draw_into(b.tensor(0), [=](Words& words) { return mean + words.normal() * deviation; });
  return b.self();
}
Value run_exponential(Bound& b) {
  const double rate = b.number(1);
  draw_into(b.tensor(0), [=](Words& words) { return -std::log1p(-words.uniform()) / rate; });
  return b.self();
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kTorch, "rand(int[] size, *, ScalarType? dtype=None, Device? device=None, Any generator=None)",
     run_rand, Agreement::Distribution},
    {kTorch,
     "randn(int[] size, *, ScalarType? dtype=None, Device? device=None, Any generator=None)",
     run_randn, Agreement::Distribution},
    {kTorch, "rand_like(Tensor self, *, ScalarType? dtype=None, Device? device=None)",
     run_rand_like, Agreement::Distribution},
    {kTorch, "randn_like(Tensor self, *, ScalarType? dtype=None, Device? device=None)",
     run_randn_like, Agreement::Distribution},
    {kTorch,
     "randint(int high, int[] size, *, ScalarType? dtype=None, Device? device=None, Any "
     "generator=None)",
     run_randint_high, Agreement::Distribution},
    {kTorch,
     "randint(int low, int high, int[] size, *, ScalarType? dtype=None, Device? device=None, Any "
     "generator=None)",
     run_randint, Agreement::Distribution},
    {kTorch, "randperm(int n, *, ScalarType? dtype=None, Device? device=None, Any generator=None)",
     run_randperm, Agreement::Distribution},
    {kBoth,
     "multinomial(Tensor self, int num_samples, bool replacement=False, *, Any generator=None)",
     run_multinomial, Agreement::Distribution},
    {kBoth, "bernoulli(Tensor self, *, Any generator=None)", run_bernoulli,
     Agreement::Distribution},
    {kMethod | kMutating, "uniform(Tensor self, float from=0.0, float to=1.0)", run_uniform,
     Agreement::Distribution},
    {kMethod | kMutating, "normal(Tensor self, float mean=0.0, float std=1.0)", run_normal,
     Agreement::Distribution},
    {kMethod | kMutating, "exponential(Tensor self, float lambd=1.0)", run_exponential,
     Agreement::Distribution},
};

}  // namespace

std::span<const OperatorRow> random_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
