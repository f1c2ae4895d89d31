// SPDX-License-Identifier: Apache-2.0
// The table of the generated kinds.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "tensor/kind_request.h"

namespace fitest {
namespace {

struct Kind {
  std::string_view name;
  std::vector<std::string> required;
  std::vector<std::string> optional;
  Tensor (*make)(const KindRequest& request);
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {"arange", {}, {"start", "step"}, make_arange},
      {"constant", {"value"}, {}, make_constant},
      {"deep_gemm_fp8_cache", {}, {}, make_deep_gemm_fp8_cache},
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

const Kind& find_kind(const KindRequest& request) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) {
    if (kind.name == request.spec.kind) return kind;
    names.emplace_back(kind.name);
  }
  const auto similar = nearest(request.spec.kind, names);
  fail(ErrorKind::Input, fmt::format("unknown kind \"{}\"; {}", request.spec.kind,
                                     similar ? fmt::format("did you mean \"{}\"?", *similar)
                                             : "known kinds are " + join(names, ", ")));
}

void check_parameters(const KindRequest& request, const Kind& kind) {
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
  const KindRequest request{spec, dtype, shape, key};
  const Kind& kind = find_kind(request);
  check_parameters(request, kind);
  return kind.make(request);
}

}  // namespace fitest
