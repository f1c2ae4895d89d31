// SPDX-License-Identifier: Apache-2.0
// torch.einsum: the operands are contracted from left to right, each pair by one batched product.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/linear_algebra.h"
#include "pytorch/pointwise.h"
#include "pytorch/reduction.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

// Letters of the dimensions "..." stands for, from the right; none of them can be typed.
constexpr char kFirstHidden = '\x01';

struct Labelled {
  Array array;
  std::string labels;  // one per dimension, all different
};

[[noreturn]] void bad(const std::string& message) {
  fail(ErrorKind::Input, "einsum(): " + message);
}

std::string without_spaces(const std::string& text) {
  std::string result;
  for (char c : text) {
    if (c != ' ') result += c;
  }
  return result;
}

std::string expand_ellipsis(const std::string& labels, std::size_t hidden) {
  const std::size_t at = labels.find("...");
  if (at == std::string::npos) return labels;
  std::string middle;
  for (std::size_t i = hidden; i-- > 0;)
    middle += static_cast<char>(kFirstHidden + static_cast<char>(i));
  return labels.substr(0, at) + middle + labels.substr(at + 3);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c < ' ';
}

// Repeated letters of one operand take its diagonal.
Labelled take_diagonals(Array array, std::string labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = labels.find(labels[i], i + 1); j != std::string::npos;
         j = labels.find(labels[i], i + 1)) {
      if (array.shape[i] != array.shape[j]) {
        bad(fmt::format("dimension '{}' has sizes {} and {}", labels[i], array.shape[i],
                        array.shape[j]));
      }
      array.strides[i] += array.strides[j];
      array.shape.erase(array.shape.begin() + static_cast<std::ptrdiff_t>(j));
      array.strides.erase(array.strides.begin() + static_cast<std::ptrdiff_t>(j));
      labels.erase(j, 1);
    }
  }
  return {std::move(array), std::move(labels)};
}

Labelled label(const Array& array, const std::string& text) {
  const bool open = text.find("...") != std::string::npos;
  const std::size_t named = text.size() - (open ? 3 : 0);
  const std::size_t rank = array.shape.size();
  if (open ? named > rank : named != rank) {
    bad(fmt::format("the subscripts '{}' do not match an operand of {} dimensions", text, rank));
  }
  const std::string labels = expand_ellipsis(text, rank - named);
  if (!std::all_of(labels.begin(), labels.end(), is_letter)) {
    bad(fmt::format("invalid subscripts '{}'", text));
  }
  return take_diagonals(array, labels);
}

// Dimensions permuted to `labels`; those that are missing have extent 1.
Array align(const Labelled& operand, const std::string& labels) {
  Shape order;
  std::string present;
  for (char c : labels) {
    const std::size_t at = operand.labels.find(c);
    if (at == std::string::npos) continue;
    order.push_back(static_cast<std::int64_t>(at));
  }
  Array result = permute(operand.array, order);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (operand.labels.find(labels[i]) == std::string::npos) {
      result = unsqueeze(result, static_cast<std::int64_t>(i));
    }
  }
  return result;
}

std::int64_t extent_of(const Labelled& operand, char c) {
  const std::size_t at = operand.labels.find(c);
  return at == std::string::npos ? 1 : operand.array.shape[at];
}

Labelled sum_out(const Labelled& operand, const std::string& kept,
                 std::optional<DType> dtype = std::nullopt) {
  Shape dims;
  std::string labels;
  for (std::size_t i = 0; i < operand.labels.size(); ++i) {
    if (kept.find(operand.labels[i]) == std::string::npos) {
      dims.push_back(static_cast<std::int64_t>(i));
    } else {
      labels += operand.labels[i];
    }
  }
  if (dims.empty()) return operand;
  return {sum(operand.array, dims, false, dtype), labels};
}

// The labels of a product of two operands by the part that they play in it.
struct Roles {
  std::string batch;  // in both operands, kept
  std::string left;
  std::string right;
  std::string inner;  // in both operands, summed
};

Roles roles_of(const std::string& a, const std::string& b, const std::string& kept) {
  Roles roles;
  for (char c : a) {
    const bool shared = b.find(c) != std::string::npos;
    if (shared && kept.find(c) == std::string::npos) {
      roles.inner += c;
    } else {
      (shared ? roles.batch : roles.left) += c;
    }
  }
  for (char c : b) {
    if (a.find(c) == std::string::npos) roles.right += c;
  }
  return roles;
}

// Extents of labels that stand in both operands, where 1 broadcasts.
Shape common_shape(const Labelled& a, const Labelled& b, const std::string& labels) {
  Shape shape;
  for (char c : labels) {
    const std::int64_t x = extent_of(a, c);
    const std::int64_t y = extent_of(b, c);
    if (x != y && x != 1 && y != 1) {
      bad(fmt::format("operands do not broadcast: dimension '{}' has sizes {} and {}", c, x, y));
    }
    shape.push_back(x == 0 || y == 0 ? 0 : std::max(x, y));
  }
  return shape;
}

Labelled contract(const Labelled& a_all, const Labelled& b_all, const std::string& kept) {
  const Labelled a = sum_out(a_all, kept + b_all.labels, a_all.array.dtype);
  const Labelled b = sum_out(b_all, kept + a_all.labels, b_all.array.dtype);
  const auto [batch, left, right, inner] = roles_of(a.labels, b.labels, kept);
  const Shape batch_shape = common_shape(a, b, batch);
  const Shape inner_shape = common_shape(a, b, inner);
  const auto size = [](const Labelled& operand, const std::string& labels) {
    std::int64_t count = 1;
    for (char c : labels) count *= extent_of(operand, c);
    return count;
  };
  const auto batches = static_cast<std::int64_t>(element_count(batch_shape));
  const auto depth = static_cast<std::int64_t>(element_count(inner_shape));
  const auto extents = [](const Labelled& operand, const std::string& labels) {
    Shape shape;
    for (char c : labels) shape.push_back(extent_of(operand, c));
    return shape;
  };
  const auto joined = [](const Shape& first, const Shape& second) {
    Shape shape = first;
    shape.insert(shape.end(), second.begin(), second.end());
    return shape;
  };
  const Array x = reshape(expand_to(align(a, batch + left + inner),
                                    joined(joined(batch_shape, extents(a, left)), inner_shape)),
                          {batches, size(a, left), depth});
  const Array y = reshape(expand_to(align(b, batch + inner + right),
                                    joined(joined(batch_shape, inner_shape), extents(b, right))),
                          {batches, depth, size(b, right)});
  const Shape shape = joined(joined(batch_shape, extents(a, left)), extents(b, right));
  return {reshape(batch_matmul(x, y), shape), batch + left + right};
}

std::string implicit_output(const std::string& inputs) {
  std::string output = inputs.find("...") == std::string::npos ? "" : "...";
  std::string letters;
  for (char c : inputs) {
    if (is_letter(c) && std::count(inputs.begin(), inputs.end(), c) == 1) letters += c;
  }
  std::sort(letters.begin(), letters.end());
  return output + letters;
}

}  // namespace

Array einsum(const std::string& equation, const std::vector<Array>& operands) {
  const std::string text = without_spaces(equation);
  const std::size_t arrow = text.find("->");
  const std::string inputs = text.substr(0, arrow);
  const std::vector<std::string> parts = split(inputs, ',');
  if (parts.size() != operands.size()) {
    bad(fmt::format("the equation has {} operands, {} were given", parts.size(), operands.size()));
  }
  std::size_t hidden = 0;
  std::vector<Labelled> labelled;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    labelled.push_back(label(operands[i], parts[i]));
    const bool open = parts[i].find("...") != std::string::npos;
    if (open) hidden = std::max(hidden, operands[i].shape.size() + 3 - parts[i].size());
  }
  const std::string output = expand_ellipsis(
      arrow == std::string::npos ? implicit_output(inputs) : text.substr(arrow + 2), hidden);
  for (std::size_t i = 0; i < output.size(); ++i) {
    const bool known = std::any_of(labelled.begin(), labelled.end(), [&](const Labelled& l) {
      return l.labels.find(output[i]) != std::string::npos;
    });
    if (!known || output.find(output[i], i + 1) != std::string::npos) {
      bad(fmt::format("the output subscript '{}' must occur once, and in an operand", output[i]));
    }
  }
  Labelled result = labelled[0];
  for (std::size_t i = 1; i < labelled.size(); ++i) {
    std::string kept = output;
    for (std::size_t j = i + 1; j < labelled.size(); ++j) kept += labelled[j].labels;
    result = contract(result, labelled[i], kept);
  }
  return align(sum_out(result, output), output);
}

}  // namespace fitest::pytorch
