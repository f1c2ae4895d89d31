// SPDX-License-Identifier: Apache-2.0
#include "pytorch/cast.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/small_float.h"
#include "pytorch/rows.h"

namespace fitest::pytorch {
namespace {

constexpr std::int64_t kRun = 1024;

// Per dtype: its storage word and its conversion from and to float.
template <DType D>
struct Element;

#define FITEST_PLAIN(dtype, word)                \
  template <>                                    \
  struct Element<DType::dtype> {                 \
    using Word = word;                           \
    static constexpr bool kIsSmallFloat = false; \
  };
FITEST_PLAIN(Float64, double)
FITEST_PLAIN(Float32, float)
FITEST_PLAIN(Int64, std::int64_t)
FITEST_PLAIN(Int32, std::int32_t)
FITEST_PLAIN(Int16, std::int16_t)
FITEST_PLAIN(Int8, std::int8_t)
FITEST_PLAIN(UInt64, std::uint64_t)
FITEST_PLAIN(UInt32, std::uint32_t)
FITEST_PLAIN(UInt16, std::uint16_t)
FITEST_PLAIN(UInt8, std::uint8_t)
FITEST_PLAIN(Bool, bool)
#undef FITEST_PLAIN

#define FITEST_SMALL(dtype, word, decode_function, encode_function)    \
  template <>                                                          \
  struct Element<DType::dtype> {                                       \
    using Word = word;                                                 \
    static constexpr bool kIsSmallFloat = true;                        \
    static float decode(Word code) { return decode_function(code); }   \
    static Word encode(float value) { return encode_function(value); } \
  };
FITEST_SMALL(Float16, std::uint16_t, half_to_float, float_to_half)
FITEST_SMALL(BFloat16, std::uint16_t, bfloat16_to_float, float_to_bfloat16)
FITEST_SMALL(Float8E4M3Fn, std::uint8_t, e4m3fn_to_float, float_to_e4m3fn)
FITEST_SMALL(Float8E5M2, std::uint8_t, e5m2_to_float, float_to_e5m2)
FITEST_SMALL(Float8E8M0Fnu, std::uint8_t, e8m0_to_float, float_to_e8m0)
#undef FITEST_SMALL

// Out-of-range conversions of C++ are undefined; x86 gives the "integer indefinite" value, which
// is also what PyTorch's CPU casts give.
std::int64_t truncate(double value) {
  if (value >= -9223372036854775808.0 && value < 9223372036854775808.0) {
    return static_cast<std::int64_t>(value);
  }
  return INT64_MIN;
}

template <DType D, class C>
C load_element(const typename Element<D>::Word& word) {
  using Word = typename Element<D>::Word;
  if constexpr (Element<D>::kIsSmallFloat) {
    const float value = Element<D>::decode(word);
    if constexpr (std::is_same_v<C, std::int64_t>) {
      return truncate(value);
    } else {
      return static_cast<C>(value);
    }
  } else if constexpr (std::is_floating_point_v<Word> && std::is_same_v<C, std::int64_t>) {
    return truncate(word);
  } else {
    return static_cast<C>(word);
  }
}

template <DType D, class C>
typename Element<D>::Word store_element(C value) {
  using Word = typename Element<D>::Word;
  if constexpr (Element<D>::kIsSmallFloat) {
    return Element<D>::encode(static_cast<float>(value));
  } else if constexpr (std::is_same_v<Word, bool>) {
    return value != C{0};
  } else if constexpr (std::is_floating_point_v<C> && !std::is_floating_point_v<Word>) {
    if constexpr (std::is_same_v<Word, std::uint64_t>) {
      if (value >= C(9223372036854775808.0)) return static_cast<std::uint64_t>(value);
    }
    return static_cast<Word>(truncate(value));
  } else {
    return static_cast<Word>(value);
  }
}

template <DType D, class C>
void load_run(const std::byte* from, std::int64_t stride, std::int64_t n, C* to) {
  const auto* words = reinterpret_cast<const typename Element<D>::Word*>(from);
  if (stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = load_element<D, C>(words[i]);
  } else if (stride == 0) {
    std::fill(to, to + n, load_element<D, C>(words[0]));
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = load_element<D, C>(words[i * stride]);
  }
}

template <DType D, class C>
void store_run(const C* from, std::byte* to, std::int64_t stride, std::int64_t n) {
  auto* words = reinterpret_cast<typename Element<D>::Word*>(to);
  if (stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) words[i] = store_element<D, C>(from[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) words[i * stride] = store_element<D, C>(from[i]);
  }
}

// Eight bits have few values: one table instead of arithmetic per element.
template <DType D>
const float* table_of() {
  static const std::vector<float> table = [] {
    std::vector<float> values(std::size_t{1} << (8 * sizeof(typename Element<D>::Word)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = Element<D>::decode(static_cast<typename Element<D>::Word>(i));
    }
    return values;
  }();
  return table.data();
}

template <DType D>
void load_by_table(const std::byte* from, std::int64_t stride, std::int64_t n, float* to) {
  const auto* words = reinterpret_cast<const typename Element<D>::Word*>(from);
  const float* table = table_of<D>();
  for (std::int64_t i = 0; i < n; ++i) to[i] = table[words[i * stride]];
}

template <DType D, class C>
Load<C> load_for() {
  if constexpr (std::is_same_v<C, float> && Element<D>::kIsSmallFloat && D != DType::BFloat16) {
    return load_by_table<D>;
  } else {
    return load_run<D, C>;
  }
}

// Runs of bytes moved as they are.
template <class Word>
void move_run(const std::byte* from, std::byte* to, std::array<std::int64_t, 2> strides,
              std::int64_t n) {
  const auto* source = reinterpret_cast<const Word*>(from);
  auto* target = reinterpret_cast<Word*>(to);
  if (strides[0] == 1 && strides[1] == 1) {
    std::memmove(target, source, static_cast<std::size_t>(n) * sizeof(Word));
  } else {
    for (std::int64_t i = 0; i < n; ++i) target[i * strides[0]] = source[i * strides[1]];
  }
}

template <class Word>
void copy_words(const Array& from, const Array& to) {
  const Walk<2> walk = plan_walk<2>(to.shape, {&to.strides, &from.strides});
  std::byte* target = to.writable();
  const std::byte* source = from.data();
  const std::array<std::int64_t, 2> inner{walk.strides[0].back(), walk.strides[1].back()};
  walk_rows(walk, INT64_MAX, [&](const std::array<std::int64_t, 2>& offsets, std::int64_t n) {
    constexpr auto kSize = static_cast<std::int64_t>(sizeof(Word));
    move_run<Word>(source + offsets[1] * kSize, target + offsets[0] * kSize, inner, n);
  });
}

template <class C>
void copy_converted(const Array& from, const Array& to) {
  const Walk<2> walk = plan_walk<2>(to.shape, {&to.strides, &from.strides});
  const Load<C> load = load_of<C>(from.dtype);
  const Store<C> store = store_of<C>(to.dtype);
  std::byte* target = to.writable();
  const std::byte* source = from.data();
  const auto to_size = static_cast<std::int64_t>(to.item_size());
  const auto from_size = static_cast<std::int64_t>(from.item_size());
  const std::int64_t to_inner = walk.strides[0].back();
  const std::int64_t from_inner = walk.strides[1].back();
  const bool to_dense = std::is_same_v<C, float> && to.dtype == DType::Float32 && to_inner == 1;
  walk_rows(walk, kRun, [&](const std::array<std::int64_t, 2>& offsets, std::int64_t n) {
    std::byte* out = target + offsets[0] * to_size;
    const std::byte* in = source + offsets[1] * from_size;
    if (to_dense) return load(in, from_inner, n, reinterpret_cast<C*>(out));
    C buffer[kRun];
    load(in, from_inner, n, buffer);
    store(buffer, out, to_inner, n);
  });
}

void copy_same_dtype(const Array& from, const Array& to) {
  switch (from.item_size()) {
    case 1:
      return copy_words<std::uint8_t>(from, to);
    case 2:
      return copy_words<std::uint16_t>(from, to);
    case 4:
      return copy_words<std::uint32_t>(from, to);
    default:
      return copy_words<std::uint64_t>(from, to);
  }
}

bool may_overlap(const Array& a, const Array& b) {
  return a.storage == b.storage;
}

}  // namespace

#define FITEST_CASE(function, dtype) \
  case DType::dtype:                 \
    return function<DType::dtype, C>
#define FITEST_ALL_CASES(function, call)     \
  FITEST_CASE(function, Float64) call;       \
  FITEST_CASE(function, Float32) call;       \
  FITEST_CASE(function, Float16) call;       \
  FITEST_CASE(function, BFloat16) call;      \
  FITEST_CASE(function, Float8E4M3Fn) call;  \
  FITEST_CASE(function, Float8E5M2) call;    \
  FITEST_CASE(function, Float8E8M0Fnu) call; \
  FITEST_CASE(function, Int64) call;         \
  FITEST_CASE(function, Int32) call;         \
  FITEST_CASE(function, Int16) call;         \
  FITEST_CASE(function, Int8) call;          \
  FITEST_CASE(function, UInt64) call;        \
  FITEST_CASE(function, UInt32) call;        \
  FITEST_CASE(function, UInt16) call;        \
  FITEST_CASE(function, UInt8) call;         \
  FITEST_CASE(function, Bool) call;

template <class C>
Load<C> load_of(DType dtype) {
  switch (dtype) {
    FITEST_ALL_CASES(load_for, ())
    case DType::Float4E2M1:
      break;
  }
  fail(ErrorKind::Unsupported, "the builtin engine has no tensors of float4_e2m1");
}

template <class C>
Store<C> store_of(DType dtype) {
  switch (dtype) {
    FITEST_ALL_CASES(store_run, )
    case DType::Float4E2M1:
      break;
  }
  fail(ErrorKind::Unsupported, "the builtin engine has no tensors of float4_e2m1");
}
#undef FITEST_ALL_CASES
#undef FITEST_CASE

template Load<float> load_of<float>(DType);
template Load<double> load_of<double>(DType);
template Load<std::int64_t> load_of<std::int64_t>(DType);
template Store<float> store_of<float>(DType);
template Store<double> store_of<double>(DType);
template Store<std::int64_t> store_of<std::int64_t>(DType);

Compute compute_of(DType dtype) {
  if (kind_of(dtype) != DTypeKind::Float) return Compute::Integer;
  return dtype == DType::Float64 ? Compute::Double : Compute::Float;
}

void copy_into(const Array& from, const Array& to) {
  Array source = expand_to(from, to.shape);
  if (may_overlap(source, to)) source = clone(source);
  if (source.dtype == to.dtype) return copy_same_dtype(source, to);
  const Compute from_type = compute_of(source.dtype);
  const Compute to_type = compute_of(to.dtype);
  if (from_type == Compute::Integer && to_type == Compute::Integer) {
    copy_converted<std::int64_t>(source, to);
  } else if (from_type != Compute::Double && to_type != Compute::Double) {
    // int64 → float32 rounds once; narrower floats round from there, as PyTorch's casts do.
    copy_converted<float>(source, to);
  } else {
    copy_converted<double>(source, to);
  }
}

Shape preserved_strides(const Array& array) {
  std::vector<std::size_t> order(array.shape.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return array.strides[a] > array.strides[b];
  });
  std::int64_t expected = 1;
  Shape strides(array.shape.size(), 1);
  for (std::size_t i = order.size(); i-- > 0;) {
    const std::size_t dim = order[i];
    if (array.shape[dim] != 1 && array.strides[dim] != expected) {
      return contiguous_strides(array.shape);
    }
    strides[dim] = array.shape[dim] == 1 ? array.strides[dim] : expected;
    expected *= array.shape[dim];
  }
  return array.is_contiguous() ? contiguous_strides(array.shape) : strides;
}

Array cast(const Array& array, DType dtype) {
  Array result = make_strided(dtype, array.shape, preserved_strides(array));
  copy_into(array, result);
  return result;
}

Array to_dtype(const Array& array, DType dtype) {
  return array.dtype == dtype ? array : cast(array, dtype);
}

Array clone(const Array& array) {
  return cast(array, array.dtype);
}

Array contiguous(const Array& array) {
  if (array.is_contiguous()) return array;
  Array result = make_array(array.dtype, array.shape);
  copy_into(array, result);
  return result;
}

}  // namespace fitest::pytorch
