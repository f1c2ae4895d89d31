// SPDX-License-Identifier: Apache-2.0
// Mutated references, parsed and run under small caps: outputs or an Error, never a crash. Words
// are exchanged, repeated, dropped and taken from the engine's own names besides bytes, so that
// most inputs still parse. Seeds: make_reference_seeds.py.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "pytorch/engine.h"
#include "pytorch/interpreter.h"
#include "pytorch/operator.h"

extern "C" std::size_t LLVMFuzzerMutate(unsigned char* data, std::size_t size, std::size_t max);

namespace fitest::pytorch {
namespace {

// One thread: starting others for tiny tensors would take most of the time.
const bool kOneThread =
    ::setenv("FITEST_THREADS", "1", 1) == 0 && ::setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0;

Tensor counting(DType dtype, const Shape& shape) {
  Tensor tensor(dtype, shape);
  for (std::size_t i = 0; i < tensor.size_bytes(); ++i) {
    const std::size_t code = dtype == DType::Int64  ? (i % 8 == 0 ? i / 8 : 0)
                             : dtype == DType::Bool ? i % 2
                                                    : i * 37;
    tensor.data()[i] = static_cast<std::byte>(code);
  }
  return tensor;
}

// What the parameters of `run` get, in their order.
const std::vector<Tensor>& tensors() {
  static const std::vector<Tensor> all{
      counting(DType::Float32, {2, 3}),  counting(DType::Int64, {3}),
      counting(DType::BFloat16, {2, 3}), counting(DType::Bool, {3}),
      counting(DType::Int8, {2, 2, 2}),  counting(DType::Float8E4M3Fn, {0, 3})};
  return all;
}

std::vector<NamedTensor> arguments_of(const SourcePtr& source) {
  std::vector<NamedTensor> arguments;
  for (const std::string& name : parse_reference(source)) {
    if (arguments.size() == tensors().size()) break;
    arguments.push_back({name, tensors()[arguments.size()]});
  }
  return arguments;
}

void run_text(const std::string& text) {
  constexpr Limits kCaps{.seconds = 0.01, .memory_bytes = std::size_t{1} << 20, .call_depth = 20};
  try {
    const SourcePtr source = make_source("fuzz", text);
    run_reference(source, arguments_of(source), kCaps);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Internal) std::abort();
  }
}

const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> words{
        "for",  "if",    "else",   "while", "def",    "return",  "lambda", "in",
        "is",   "not",   "and",    "or",    "break",  "None",    "True",   "0",
        "1",    "-1",    "2",      "3",     "1e300",  "0.5",     "64",     "[",
        "]",    "(",     ")",      "{",     "}",      ":",       ",",      "=",
        "+=",   "**",    "//",     "%",     "<<",     ">>",      "@",      "...",
        "*",    "~",     "dim=",   "-",     "dtype=", "torch",   "a",      "b",
        "math", "f'{a}", "10**30", "int64", "uint8",  "float16", "bool",   "keepdim=True"};
    for (const OperatorSpace space :
         {OperatorSpace::Torch, OperatorSpace::Method, OperatorSpace::Functional}) {
      for (std::string& name : operator_names(space)) words.push_back(std::move(name));
    }
    for (std::string& name : builtin_names()) words.push_back(std::move(name));
    return words;
  }();
  return all;
}

// Names and numbers, or single characters.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (in_name(text[at]) && end < text.size() && in_name(text[end])) ++end;
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string mutate_words(const std::string& text, std::minstd_rand& random) {
  std::vector<std::string> words = words_of(text);
  if (words.size() < 2) return text;
  const auto any = [&] { return random() % words.size(); };
  const std::vector<std::string>& known = vocabulary();
  for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
    const std::size_t at = any();
    const std::string donor = random() % 2 == 0 ? words[any()] : known[random() % known.size()];
    switch (random() % 4) {
      case 0:
        words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), donor);
        break;
      case 1:
        std::swap(words[at], words[any()]);
        break;
      case 2:
        if (words.size() > 2) words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        words[at] = donor;
    }
  }
  std::string mutated;
  for (const std::string& word : words) mutated += word;
  return mutated;
}

}  // namespace
}  // namespace fitest::pytorch

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 4 == 0) return LLVMFuzzerMutate(data, size, max);
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string mutated = fitest::pytorch::mutate_words(text, random).substr(0, max);
  std::copy(mutated.begin(), mutated.end(), data);
  return mutated.size();
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (!fitest::pytorch::kOneThread) std::abort();
  fitest::pytorch::run_text(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
