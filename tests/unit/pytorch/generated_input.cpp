// SPDX-License-Identifier: Apache-2.0
#include "generated_input.h"

#include <cstring>
#include <functional>
#include <vector>

#include "base/error.h"
#include "base/small_float.h"

namespace fitest::pytorch {
namespace {

std::uint64_t word(std::uint64_t salt, std::uint64_t index) {
  std::uint64_t z = index + salt * 0x9E3779B97F4A7C15U + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

float uniform(std::uint64_t salt, std::uint64_t index, double low, double high) {
  const double unit = static_cast<double>(word(salt, index) >> 40) * 0x1p-24;
  return static_cast<float>(low + unit * (high - low));
}

// Into a tensor of integers, bool or float64.
void set_number(Tensor& tensor, std::size_t i, double value) {
  switch (tensor.dtype()) {
    case DType::Float64:
      tensor.as<double>()[i] = value;
      break;
    case DType::Int64:
      tensor.as<std::int64_t>()[i] = static_cast<std::int64_t>(value);
      break;
    case DType::Int32:
      tensor.as<std::int32_t>()[i] = static_cast<std::int32_t>(value);
      break;
    case DType::Int16:
      tensor.as<std::int16_t>()[i] = static_cast<std::int16_t>(value);
      break;
    case DType::Int8:
      tensor.as<std::int8_t>()[i] = static_cast<std::int8_t>(value);
      break;
    case DType::UInt8:
      tensor.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(value);
      break;
    case DType::Bool:
      tensor.as<std::uint8_t>()[i] = value != 0 ? 1 : 0;
      break;
    default:
      fail(ErrorKind::Internal, "make_input knows no such dtype");
  }
}

Tensor key_cache(const Shape& shape, std::uint64_t salt, std::size_t page, std::size_t head) {
  Tensor tensor(DType::Int8, shape);
  const auto pages = static_cast<std::size_t>(shape[0]);
  const std::size_t stride = page * head + page * 4;
  for (std::size_t p = 0; p < pages; ++p) {
    std::byte* to = tensor.data() + p * stride;
    for (std::size_t i = 0; i < page * head; ++i) {
      const std::uint64_t z = word(salt, p * page * head + i);
      to[i] = static_cast<std::byte>((z % 112) | ((z >> 56) & 0x80));
    }
    for (std::size_t i = 0; i < page; ++i) {
      const float scale = uniform(salt + 1000, p * page + i, 0.5, 1.5);
      std::memcpy(to + page * head + 4 * i, &scale, 4);
    }
  }
  return tensor;
}

Tensor packed_topk(const Shape& shape, std::uint64_t salt, std::uint64_t experts) {
  Tensor tensor(DType::Int32, shape);
  for (std::size_t i = 0; i < tensor.count(); ++i) {
    const auto expert = static_cast<std::uint32_t>(word(salt, i) % experts);
    const std::uint32_t weight = float_to_bfloat16(uniform(salt + 1000, i, 0, 1));
    tensor.as<std::int32_t>()[i] = static_cast<std::int32_t>((expert << 16) | weight);
  }
  return tensor;
}

// The i-th number that `spec` asks for.
std::function<double(std::size_t)> numbers_of(const fitest::Value* spec, std::uint64_t salt) {
  const auto find = [spec](const char* key) { return spec != nullptr ? spec->find(key) : nullptr; };
  if (const fitest::Value* values = find("values")) {
    return [&list = values->array()](std::size_t i) { return list[i % list.size()].number(); };
  }
  if (const fitest::Value* step = find("step")) {
    return [size = step->number()](std::size_t i) { return static_cast<double>(i) * size; };
  }
  if (const fitest::Value* integers = find("integers")) {
    const std::int64_t first = integers->array()[0].integer();
    const auto span = static_cast<std::uint64_t>(integers->array()[1].integer() - first);
    return [=](std::size_t i) {
      return static_cast<double>(first + static_cast<std::int64_t>(word(salt, i) % span));
    };
  }
  const fitest::Value* range = find("uniform");
  const double low = range != nullptr ? range->array()[0].number() : -1;
  const double high = range != nullptr ? range->array()[1].number() : 1;
  return [=](std::size_t i) { return uniform(salt, i, low, high); };
}

}  // namespace

Tensor make_input(const fitest::Value* spec, DType dtype, const Shape& shape, std::uint64_t salt) {
  if (spec != nullptr && spec->find("key_cache") != nullptr) {
    const auto& sizes = spec->find("key_cache")->array();
    return key_cache(shape, salt, static_cast<std::size_t>(sizes[0].integer()),
                     static_cast<std::size_t>(sizes[1].integer()));
  }
  if (spec != nullptr && spec->find("packed_topk") != nullptr) {
    return packed_topk(shape, salt,
                       static_cast<std::uint64_t>(spec->find("packed_topk")->integer()));
  }
  Tensor tensor(dtype, shape);
  const auto number = numbers_of(spec, salt);
  if (kind_of(dtype) != DTypeKind::Float || dtype == DType::Float64) {
    for (std::size_t i = 0; i < tensor.count(); ++i) set_number(tensor, i, number(i));
    return tensor;
  }
  std::vector<float> numbers(tensor.count());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(number(i));
  from_float(numbers, tensor, 0);
  return tensor;
}

}  // namespace fitest::pytorch
