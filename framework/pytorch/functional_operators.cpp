// SPDX-License-Identifier: Apache-2.0
// Rows of torch.nn.functional: softmax, activations, normalisation, attention.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/linear_algebra.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"
#include "pytorch/reduction.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

template <class C>
C max_of(const C* row, std::int64_t n) {
  C best = -std::numeric_limits<C>::infinity();
  for (std::int64_t i = 0; i < n; ++i) best = row[i] > best || row[i] != row[i] ? row[i] : best;
  return best;
}

struct Softmax {
  template <class C>
  static void apply(const C* row, std::int64_t n, C* to) {
    const C best = max_of(row, n);
    for (std::int64_t i = 0; i < n; ++i) to[i] = std::exp(row[i] - best);
    const C total = pairwise_sum(to, n);
    for (std::int64_t i = 0; i < n; ++i) to[i] = to[i] / total;
  }
};
struct LogSoftmax {
  template <class C>
  static void apply(const C* row, std::int64_t n, C* to) {
    const C best = max_of(row, n);
    for (std::int64_t i = 0; i < n; ++i) to[i] = std::exp(row[i] - best);
    const C shift = std::log(pairwise_sum(to, n));
    for (std::int64_t i = 0; i < n; ++i) to[i] = row[i] - best - shift;
  }
};

// A function of whole rows of a dimension, in float32 or float64.
template <class F>
Array over_rows(const Array& array, std::int64_t dim, DType dtype) {
  if (kind_of(dtype) != DTypeKind::Float) {
    fail(ErrorKind::Input, fmt::format("softmax is not implemented for '{}'", name_of(dtype)));
  }
  const Array source = to_dtype(array, dtype);
  const std::int64_t at = wrap_dim(dim, source.dim());
  const std::int64_t extent = source.dim() == 0 ? 1 : source.shape[static_cast<std::size_t>(at)];
  const auto run = [&]<class C>(C) {
    const std::function<void(const C*, std::int64_t, C*)> body =
        [](const C* row, std::int64_t n, C* to) { F::apply(row, n, to); };
    const Array result = map_rows<C>(source, at, {dtype, extent}, body);
    return source.dim() == 0 ? reshape(result, {}) : result;
  };
  return dtype == DType::Float64 ? run(double{}) : run(float{});
}

// Functional softmax has `_stacklevel` between dim and dtype, and dim may be missing.
std::int64_t implicit_dim(const Bound& b) {
  if (b.given(1)) return b.integer(1);
  const std::int64_t rank = b.tensor(0).dim();
  return rank == 0 || rank == 1 || rank == 3 ? 0 : 1;
}

template <class F>
Value run_over_rows(Bound& b) {
  return Value(over_rows<F>(b.tensor(0), b.integer(1), b.dtype_or(2, b.tensor(0).dtype)));
}
template <class F>
Value run_over_rows_functional(Bound& b) {
  return Value(over_rows<F>(b.tensor(0), implicit_dim(b), b.dtype_or(3, b.tensor(0).dtype)));
}

// An activation with up to two parameters, in the compute type.
template <class F>
Array activate(const Array& input, double p = 0, double q = 0) {
  const DType dtype = input.dtype;
  const std::array<Array, 1> inputs{input};
  Array out = make_result(dtype, input.shape, inputs);
  with_compute_type(dtype, [&](auto tag) {
    using C = decltype(tag);
    const C a = static_cast<C>(p);
    const C b = static_cast<C>(q);
    apply_runs<C, 1>(inputs, out, [a, b](const std::array<const C*, 1>& in, C* to, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<C>(F::apply(in[0][i], a, b));
    });
  });
  return out;
}

#define FITEST_ACTIVATION(name, expression)                              \
  struct name {                                                          \
    template <class T>                                                   \
    static auto apply(T x, [[maybe_unused]] T a, [[maybe_unused]] T b) { \
      return expression;                                                 \
    }                                                                    \
  };
FITEST_ACTIVATION(Relu, x != x ? x : x > T(0) ? x : T(0))
FITEST_ACTIVATION(Relu6, x<T(0) ? T(0) : x> T(6) ? T(6) : x)
FITEST_ACTIVATION(Silu, x / (T(1) + std::exp(-x)))
FITEST_ACTIVATION(LeakyRelu, x > T(0) ? x : x * a)
FITEST_ACTIVATION(Elu, x > T(0) ? x : static_cast<T>(std::expm1(x) * a))
FITEST_ACTIVATION(Softplus, x* a > b ? x : static_cast<T>(std::log1p(std::exp(x * a)) / a))
FITEST_ACTIVATION(LogSigmoid,
                  static_cast<T>((x < T(0) ? x : T(0)) - std::log1p(std::exp(x < T(0) ? x : -x))))
FITEST_ACTIVATION(Mish, static_cast<T>(x* std::tanh(std::log1p(std::exp(x)))))
FITEST_ACTIVATION(Hardtanh, x<a ? a : x> b ? b : x)
FITEST_ACTIVATION(Hardsigmoid, (x + T(3) < T(0) ? T(0) : x + T(3) > T(6) ? T(6) : x + T(3)) / T(6))
FITEST_ACTIVATION(Hardswish, x*(x + T(3) < T(0) ? T(0) : x + T(3) > T(6) ? T(6) : x + T(3)) / T(6))
FITEST_ACTIVATION(Softsign, x / (T(1) + (x < T(0) ? -x : x)))
FITEST_ACTIVATION(Threshold, x <= a ? b : x)
FITEST_ACTIVATION(GeluErf,
                  static_cast<T>(x* T(0.5) * (T(1) + std::erf(x * T(std::numbers::sqrt2 / 2)))))
#undef FITEST_ACTIVATION

struct GeluTanh {
  template <class T>
  static auto apply(T x, T, T) {
    const T inner =
        T(std::numbers::sqrt2 * std::numbers::inv_sqrtpi) * (x + T(0.044715) * x * x * x);
    return static_cast<T>(T(0.5) * x * (T(1) + std::tanh(inner)));
  }
};

template <class F>
Value run_activation(Bound& b) {
  return Value(activate<F>(b.tensor(0)));
}
// With parameters at 1 and 2.
template <class F>
Value run_activation_1(Bound& b) {
  return Value(activate<F>(b.tensor(0), b.number(1)));
}
template <class F>
Value run_activation_2(Bound& b) {
  return Value(activate<F>(b.tensor(0), b.number(1), b.number(2)));
}

// A quotient, which of integers is a float32.
Value run_softsign(Bound& b) {
  return Value(activate<Softsign>(to_dtype(b.tensor(0), float_type(b.tensor(0).dtype))));
}

Value run_gelu(Bound& b) {
  const std::string form = b.string(1);
  if (form == "tanh") return Value(activate<GeluTanh>(b.tensor(0)));
  if (form == "none") return Value(activate<GeluErf>(b.tensor(0)));
  fail(ErrorKind::Input, "approximate argument must be either none or tanh.");
}

Value run_glu(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  const std::int64_t half = array.dim() == 0 ? 0 : array.shape[static_cast<std::size_t>(dim)] / 2;
  if (array.dim() == 0 || half * 2 != array.shape[static_cast<std::size_t>(dim)]) {
    fail(ErrorKind::Input, "glu: Halving dimension must be even");
  }
  static const OverloadSet& sigmoid = *find_operator(OperatorSpace::Torch, "sigmoid");
  Arguments arguments{{Value(narrow(array, dim, half, half))}, {}};
  const Value gate = call_operator({&sigmoid, {}, false}, arguments);
  return Value(arithmetic(BinaryOperator::Multiply, {narrow(array, dim, 0, half), false},
                          {*gate.array(), false}));
}

// Statistics of the last dimensions, in float32 (float64 for float64).
struct Normalise {
  Array rows;   // [outer, inner] in the wide type
  Shape shape;  // of the input
  DType dtype;
};

Normalise normal_rows(const Array& input, const Shape& normalised) {
  if (normalised.size() > input.shape.size() ||
      !std::equal(normalised.rbegin(), normalised.rend(), input.shape.rbegin())) {
    fail(ErrorKind::Input, fmt::format("Given normalized_shape={}, expected input with shape [*, "
                                       "...], but got input of size {}",
                                       sizes_text(normalised), sizes_text(input.shape)));
  }
  const DType wide = input.dtype == DType::Float64 ? DType::Float64 : DType::Float32;
  const auto inner = static_cast<std::int64_t>(element_count(normalised));
  const std::int64_t outer = inner == 0 ? 0 : input.count() / inner;
  return {reshape(to_dtype(input, wide), {outer, inner}), input.shape, input.dtype};
}

Array scale_and_shift(const Normalise& normalise, Array rows, const Value& weight,
                      const Value& bias) {
  const DType wide = rows.dtype;
  if (weight.array() != nullptr) {
    rows = arithmetic(BinaryOperator::Multiply, {rows, false},
                      {to_dtype(reshape(*weight.array(), {-1}), wide), false});
  }
  if (bias.array() != nullptr) {
    rows = arithmetic(BinaryOperator::Add, {rows, false},
                      {to_dtype(reshape(*bias.array(), {-1}), wide), false});
  }
  return reshape(to_dtype(rows, normalise.dtype), normalise.shape);
}

Array row_mean(const Array& rows) {
  const auto width = static_cast<double>(rows.shape[1]);
  return arithmetic(BinaryOperator::Divide, {sum(rows, {1}, true, std::nullopt), false},
                    operand_of(Scalar::of(width)));
}

Array inverse_root(const Array& mean_square, double eps) {
  const Array shifted =
      arithmetic(BinaryOperator::Add, {mean_square, false}, operand_of(Scalar::of(eps)));
  return arithmetic(BinaryOperator::Power, {shifted, false}, operand_of(Scalar::of(-0.5)));
}

Array squared(const Array& rows) {
  return arithmetic(BinaryOperator::Multiply, {rows, false}, {rows, false});
}

Value run_layer_norm(Bound& b) {
  const Normalise normalise = normal_rows(b.tensor(0), b.integers(1));
  const Array centred = arithmetic(BinaryOperator::Subtract, {normalise.rows, false},
                                   {row_mean(normalise.rows), false});
  const Array scale = inverse_root(row_mean(squared(centred)), b.number(4));
  const Array rows = arithmetic(BinaryOperator::Multiply, {centred, false}, {scale, false});
  return Value(scale_and_shift(normalise, rows, b.value(2), b.value(3)));
}

Value run_rms_norm(Bound& b) {
  const Normalise normalise = normal_rows(b.tensor(0), b.integers(1));
  const double eps = b.given(3)                               ? b.number(3)
                     : normalise.rows.dtype == DType::Float64 ? 0x1p-52
                                                              : 0x1p-23;
  const Array scale = inverse_root(row_mean(squared(normalise.rows)), eps);
  const Array rows = arithmetic(BinaryOperator::Multiply, {normalise.rows, false}, {scale, false});
  return Value(scale_and_shift(normalise, rows, b.value(2), {}));
}

Value run_normalize(Bound& b) {
  static const OverloadSet& set = *find_operator(OperatorSpace::Torch, "norm");
  Arguments arguments{{b.self(), b.value(1), b.value(2), make_bool(true)}, {}};
  const Array length = *call_operator({&set, {}, false}, arguments).array();
  static const OverloadSet& clamp = *find_operator(OperatorSpace::Torch, "clamp_min");
  Arguments bounds{{Value(length), b.value(3)}, {}};
  const Array floor = *call_operator({&clamp, {}, false}, bounds).array();
  return Value(arithmetic(BinaryOperator::Divide, {b.tensor(0), false}, {floor, false}));
}

Value run_linear(Bound& b) {
  const Array& input = b.tensor(0);
  const Array& weight = b.tensor(1);
  const bool half = bits_of(input.dtype) == 16 && kind_of(input.dtype) == DTypeKind::Float;
  const bool biased = b.given(2);
  const DType wide = half && biased ? DType::Float32 : input.dtype;
  if (weight.dtype != input.dtype) {
    fail(ErrorKind::Input, fmt::format("mat1 and mat2 must have the same dtype, but got {} and {}",
                                       name_of(input.dtype), name_of(weight.dtype)));
  }
  Array result = matmul(to_dtype(input, wide), reverse_dims(to_dtype(weight, wide)));
  if (biased) {
    result = arithmetic(BinaryOperator::Add, {result, false}, {to_dtype(b.tensor(2), wide), false});
  }
  return Value(to_dtype(result, input.dtype));
}

Value run_one_hot(Bound& b) {
  const Array index = contiguous(to_dtype(b.tensor(0), DType::Int64));
  std::int64_t classes = b.integer(1);
  const auto* values = index.as<std::int64_t>();
  std::int64_t largest = -1;
  for (std::int64_t i = 0; i < index.count(); ++i) {
    if (values[i] < 0) fail(ErrorKind::Input, "Class values must be non-negative.");
    largest = std::max(largest, values[i]);
  }
  if (classes == -1) classes = largest + 1;
  if (largest >= classes) {
    fail(ErrorKind::Input, "Class values must be smaller than num_classes.");
  }
  Shape shape = index.shape;
  shape.push_back(classes);
  Array result = make_array(DType::Int64, shape);
  fill(result, Scalar::of(std::int64_t{0}));
  for (std::int64_t i = 0; i < index.count(); ++i) {
    result.as_writable<std::int64_t>()[i * classes + values[i]] = 1;
  }
  return Value(result);
}

Value run_pad(Bound& b) {
  const Array& array = b.tensor(0);
  const Shape padding = b.integers(1);
  if (b.string(2) != "constant") fail(ErrorKind::Unsupported, "pad() is supported with constants");
  if (padding.size() % 2 != 0 || padding.size() / 2 > array.shape.size()) {
    fail(ErrorKind::Input,
         "Padding length must be divisible by 2 and at most twice the dimensions");
  }
  Array source = array;
  Shape shape = array.shape;
  Shape starts(shape.size(), 0);
  for (std::size_t i = 0; i < padding.size() / 2; ++i) {
    const std::size_t dim = shape.size() - 1 - i;
    const std::int64_t before = padding[2 * i];
    const std::int64_t after = padding[2 * i + 1];
    const std::int64_t cut_before = std::max<std::int64_t>(0, -before);
    const std::int64_t cut_after = std::max<std::int64_t>(0, -after);
    source = narrow(source, static_cast<std::int64_t>(dim), cut_before,
                    shape[dim] - cut_before - cut_after);
    starts[dim] = std::max<std::int64_t>(0, before);
    shape[dim] += before + after;
  }
  const Array result = make_array(array.dtype, shape);
  fill(result, b.given(3) ? b.scalar(3) : Scalar::of(0.0));
  Array inside = result;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    inside = narrow(inside, static_cast<std::int64_t>(d), starts[d], source.shape[d]);
  }
  copy_into(source, inside);
  return Value(result);
}

Array attention_bias(const Bound& b, const Array& logits) {
  const std::int64_t queries = logits.shape[logits.shape.size() - 2];
  const std::int64_t keys = logits.shape.back();
  Array bias = make_array(logits.dtype, {queries, keys});
  fill(bias, Scalar::of(0.0));
  const double never = -std::numeric_limits<double>::infinity();
  if (b.flag(5)) {
    const Array mask = make_array(DType::Bool, {queries, keys});
    for (std::int64_t i = 0; i < queries; ++i) {
      for (std::int64_t j = 0; j < keys; ++j) mask.as_writable<bool>()[i * keys + j] = j <= i;
    }
    bias = to_dtype(where(mask, {bias, false}, operand_of(Scalar::of(never))), logits.dtype);
  }
  if (b.given(3)) {
    const Array& mask = b.tensor(3);
    bias = mask.dtype == DType::Bool
               ? to_dtype(where(mask, operand_of(Scalar::of(0.0)), operand_of(Scalar::of(never))),
                          logits.dtype)
               : to_dtype(mask, logits.dtype);
  }
  return bias;
}

// In float32 throughout, rounded at the end, as the fused kernels do.
Value run_attention(Bound& b) {
  const Array& query = b.tensor(0);
  const DType dtype = query.dtype;
  const DType wide = dtype == DType::Float64 ? dtype : DType::Float32;
  Array key = to_dtype(b.tensor(1), wide);
  Array value = to_dtype(b.tensor(2), wide);
  if (b.flag(7) && query.dim() >= 3) {
    const std::int64_t times =
        query.shape[query.shape.size() - 3] / key.shape[key.shape.size() - 3];
    static const OverloadSet& set = *find_operator(OperatorSpace::Torch, "repeat_interleave");
    const auto spread = [&](const Array& array) {
      Arguments arguments{{Value(array), make_integer(times), make_integer(-3)}, {}};
      return *call_operator({&set, {}, false}, arguments).array();
    };
    key = spread(key);
    value = spread(value);
  }
  const double scale =
      b.given(6) ? b.number(6) : 1 / std::sqrt(static_cast<double>(query.shape.back()));
  Array logits = matmul(to_dtype(query, wide), transpose(key, -2, -1));
  logits = arithmetic(BinaryOperator::Multiply, {logits, false}, operand_of(Scalar::of(scale)));
  if (b.flag(5) || b.given(3)) {
    logits = arithmetic(BinaryOperator::Add, {logits, false}, {attention_bias(b, logits), false});
  }
  const Array weights = over_rows<Softmax>(logits, -1, wide);
  return Value(to_dtype(matmul(weights, value), dtype));
}

Value run_dropout(Bound& b) {
  if (b.flag(2) && b.number(1) > 0) {
    fail(ErrorKind::Unsupported, "dropout() is supported with training=False or p=0");
  }
  return b.self();
}

Value run_cosine_similarity(Bound& b) {
  const Shape dim{b.integer(2)};
  const Array product =
      arithmetic(BinaryOperator::Multiply, {b.tensor(0), false}, {b.tensor(1), false});
  const Array dot = sum(product, dim, false, std::nullopt);
  const auto length = [&](const Array& x) {
    const Array root =
        arithmetic(BinaryOperator::Power, {sum(squared(x), dim, false, std::nullopt), false},
                   operand_of(Scalar::of(0.5)));
    static const OverloadSet& clamp = *find_operator(OperatorSpace::Torch, "clamp_min");
    Arguments bounds{{Value(root), make_float(b.number(3))}, {}};
    return *call_operator({&clamp, {}, false}, bounds).array();
  };
  const Array lengths = arithmetic(BinaryOperator::Multiply, {length(b.tensor(0)), false},
                                   {length(b.tensor(1)), false});
  return Value(arithmetic(BinaryOperator::Divide, {dot, false}, {lengths, false}));
}

constexpr unsigned kActivation = kFunctional;

constexpr OperatorRow kRows[] = {
    {kTorch | kMethod | kSpecial, "softmax(Tensor self, int dim, ScalarType? dtype=None)",
     run_over_rows<Softmax>, Agreement::Accumulated},
    {kTorch | kMethod | kSpecial, "log_softmax(Tensor self, int dim, ScalarType? dtype=None)",
     run_over_rows<LogSoftmax>, Agreement::Accumulated},
    {kFunctional, "softmax(Tensor self, int? dim=None, int _stacklevel=3, ScalarType? dtype=None)",
     run_over_rows_functional<Softmax>, Agreement::Accumulated},
    {kFunctional,
     "log_softmax(Tensor self, int? dim=None, int _stacklevel=3, ScalarType? dtype=None)",
     run_over_rows_functional<LogSoftmax>, Agreement::Accumulated},
    {kTorch | kMethod | kInPlace, "relu(Tensor self)", run_activation<Relu>},
    {kFunctional, "relu(Tensor self, bool inplace=False)", run_activation<Relu>},
    {kActivation, "relu6(Tensor self, bool inplace=False)", run_activation<Relu6>},
    {kActivation, "silu(Tensor self, bool inplace=False)", run_activation<Silu>,
     Agreement::Rounded},
    {kActivation, "mish(Tensor self, bool inplace=False)", run_activation<Mish>,
     Agreement::Rounded},
    {kActivation, "hardsigmoid(Tensor self, bool inplace=False)", run_activation<Hardsigmoid>,
     Agreement::Rounded},
    {kActivation, "hardswish(Tensor self, bool inplace=False)", run_activation<Hardswish>,
     Agreement::Rounded},
    {kActivation, "softsign(Tensor self)", run_softsign, Agreement::Rounded},
    {kActivation, "logsigmoid(Tensor self)", run_activation<LogSigmoid>, Agreement::Rounded},
    {kActivation, "leaky_relu(Tensor self, float negative_slope=0.01, bool inplace=False)",
     run_activation_1<LeakyRelu>, Agreement::Rounded},
    {kActivation, "elu(Tensor self, float alpha=1.0, bool inplace=False)", run_activation_1<Elu>,
     Agreement::Rounded},
    {kActivation, "softplus(Tensor self, float beta=1, float threshold=20)",
     run_activation_2<Softplus>, Agreement::Rounded},
    {kActivation,
     "hardtanh(Tensor self, float min_val=-1.0, float max_val=1.0, bool inplace=False)",
     run_activation_2<Hardtanh>},
    {kActivation | kTorch,
     "threshold(Tensor self, float threshold, float value, bool inplace=False)",
     run_activation_2<Threshold>},
    // 1 + erf(x) cancels where x is far below 0.
    {kActivation, "gelu(Tensor self, *, str approximate=\"none\")", run_gelu,
     Agreement::Accumulated},
    {kActivation, "glu(Tensor self, int dim=-1)", run_glu, Agreement::Rounded},
    {kFunctional | kTorch,
     "layer_norm(Tensor self, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, "
     "float eps=1e-05)",
     run_layer_norm, Agreement::Accumulated},
    {kFunctional | kTorch,
     "rms_norm(Tensor self, int[] normalized_shape, Tensor? weight=None, float? eps=None)",
     run_rms_norm, Agreement::Accumulated},
    {kFunctional, "normalize(Tensor self, float p=2.0, int dim=1, float eps=1e-12)", run_normalize,
     Agreement::Accumulated},
    {kFunctional, "linear(Tensor self, Tensor weight, Tensor? bias=None)", run_linear,
     Agreement::Accumulated},
    {kFunctional, "one_hot(Tensor self, int num_classes=-1)", run_one_hot},
    {kFunctional, "pad(Tensor self, int[] pad, str mode=\"constant\", float? value=None)", run_pad},
    {kFunctional,
     "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, "
     "float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool enable_gqa=False)",
     run_attention, Agreement::Accumulated},
    {kFunctional, "dropout(Tensor self, float p=0.5, bool training=True, bool inplace=False)",
     run_dropout, Agreement::Distribution},
    {kFunctional | kTorch, "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08)",
     run_cosine_similarity, Agreement::Accumulated},
};

}  // namespace

std::span<const OperatorRow> functional_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
