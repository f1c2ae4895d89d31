// SPDX-License-Identifier: Apache-2.0
// The operator table: PyTorch's operators by their documented signatures.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pytorch/element.h"
#include "pytorch/value.h"

namespace fitest::pytorch {

// Where a row may be called from.
enum Spelling : unsigned {
  kTorch = 1,       // torch.name(...)
  kMethod = 2,      // tensor.name(...)
  kFunctional = 4,  // torch.nn.functional.name(...)
  kInPlace = 8,     // and tensor.name_(...): the result is written into self
  kMutating = 16,   // the handler writes into self: tensor.name_(...); name(...) gets a clone
  kSpecial = 32,    // torch.special.name(...)
  kLinalg = 64,     // torch.linalg.name(...)
};

// How near to PyTorch an operator's result is, on the CPU and on CUDA; the golden files hold it to
// that. "Units" are units in the last place of the result's dtype.
enum class Agreement : std::uint8_t {
  Exact,        // the same bits; any NaN for a NaN
  Rounded,      // a function of one element, computed another way: 4 units or 1e-6 of the element
                // (float64: 1e-14), 1 unit of 16 bits and fewer
  Accumulated,  // sums in another order: 1e-5 of the result's largest element (float64: 1e-12), 2
                // units of it of 16 bits and fewer
  Distribution  // random or uninitialised: no element is alike
};

class Bound;

struct OperatorRow {  // NOLINT(clang-analyzer-optin.performance.Padding): in the order of its
                      // tables
  unsigned spelling;
  // "softmax(Tensor self, int dim, *, ScalarType? dtype=None)". Types: Tensor, Operand (a tensor
  // or a number), Scalar, int, float, bool, int[], float[], Tensor[], ScalarType, Device, str, Any;
  // `?` allows None; an int[] may be spelt out as several integers when it is the last positional
  // parameter.
  std::string_view signature;
  Value (*handler)(Bound&);
  Agreement agreement = Agreement::Exact;
};

enum class ArgumentType : std::uint8_t {
  Tensor,
  Operand,
  Scalar,
  Int,
  Float,
  Bool,
  Ints,
  Floats,
  Tensors,
  Dtype,
  Device,
  String,
  Any
};

struct Formal {
  std::string_view name;
  ArgumentType type = ArgumentType::Any;
  bool optional = false;
  bool keyword_only = false;
  bool has_default = false;
  Value default_value;
};

struct Overload {
  const OperatorRow* row = nullptr;
  std::string_view name;
  std::vector<Formal> formals;
};

struct OverloadSet {
  std::string name;
  std::vector<Overload> overloads;
};

// The arguments of one call, in the order of the signature, defaults filled in.
class Bound {
 public:
  Bound(const Overload& overload, std::vector<Value> values)
      : overload_(overload), values_(std::move(values)) {}

  std::string_view name() const { return overload_.name; }
  const Value& value(std::size_t i) const { return values_[i]; }
  bool given(std::size_t i) const { return !values_[i].is_none(); }
  const Array& tensor(std::size_t i) const { return *values_[i].array(); }
  std::int64_t integer(std::size_t i) const;
  double number(std::size_t i) const;
  bool flag(std::size_t i) const { return is_true(values_[i]); }
  Scalar scalar(std::size_t i) const;
  Shape integers(std::size_t i) const;
  std::vector<double> numbers(std::size_t i) const;
  std::vector<Array> tensors(std::size_t i) const;
  std::optional<DType> dtype(std::size_t i) const;
  DType dtype_or(std::size_t i, DType otherwise) const { return dtype(i).value_or(otherwise); }
  std::string string(std::size_t i) const;
  Value& self() { return values_[0]; }

 private:
  const Overload& overload_;
  std::vector<Value> values_;
};

enum class OperatorSpace { Torch, Method, Functional, Special, Linalg };
// Null if there is none. "zero_" is found under its own name.
const OverloadSet* find_operator(OperatorSpace space, std::string_view name);
std::vector<std::string> operator_names(OperatorSpace space);
// Binds, checks and runs. Error (Input) names the operator and the argument.
Value call_operator(const BoundOperator& target, Arguments& arguments);

// What x.name_(...) does with the result of name: Error (Input) if shape or kind do not fit.
void write_in_place(const Array& self, const Array& result, std::string_view name);

// The rows, grouped by file.
std::span<const OperatorRow> creation_operators();
std::span<const OperatorRow> pointwise_operators();
std::span<const OperatorRow> unary_operators();
std::span<const OperatorRow> reduction_operators();
std::span<const OperatorRow> shape_operators();
std::span<const OperatorRow> indexing_operators();
std::span<const OperatorRow> sort_operators();
std::span<const OperatorRow> scan_operators();
std::span<const OperatorRow> linear_algebra_operators();
std::span<const OperatorRow> functional_operators();
std::span<const OperatorRow> random_operators();
std::span<const OperatorRow> query_operators();

}  // namespace fitest::pytorch
