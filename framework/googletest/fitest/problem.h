// SPDX-License-Identifier: Apache-2.0
// One call of a Definition: inputs to give to an implementation, and a judge of what it computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace fitest {

class Problem {
 public:
  // With the inputs of a workload of the dataset, named by a prefix of its uuid. All functions
  // throw std::runtime_error with the reason for what does not exist or does not fit.
  static Problem of_workload(const std::string& dataset, const std::string& definition,
                             const std::string& workload);
  // With random inputs, the same ones for the same seed.
  static Problem of_axes(const std::string& dataset, const std::string& definition,
                         const std::map<std::string, std::int64_t>& axes, std::uint64_t seed = 0);

  // Of an input or output.
  std::vector<std::int64_t> shape(const std::string& tensor) const;
  std::size_t element_count(const std::string& tensor) const;
  std::string dtype(const std::string& tensor) const;  // "float32", "bfloat16", …

  // An input's elements, row-major. T has the size of its dtype: float, __nv_bfloat16, uint16_t.
  template <class T>
  std::span<const T> input(const std::string& name) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::span<const std::byte> bytes = input_bytes(name, sizeof(T));
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  // An input that is a number ("shape": null).
  double scalar(const std::string& name) const;
  // Replaces an input's elements by a contiguous range of as many.
  template <class Range>
  void set_input(const std::string& name, const Range& elements) {
    const std::span view(elements);
    set_input_bytes(name, std::as_bytes(view), sizeof(view[0]));
  }

  // Judges what an implementation wrote to an output, by the Definition's reference under the
  // strict policy: empty when it is right, else what is wrong. The reference runs once a problem.
  template <class Range>
  std::string judge(const std::string& output, const Range& elements) const {
    const std::span view(elements);
    static_assert(std::is_trivially_copyable_v<typename decltype(view)::value_type>);
    return judge_bytes(output, std::as_bytes(view), sizeof(view[0]));
  }

  const std::string& definition() const;
  // "output 'y' (float32 [7, 4096]) of rmsnorm_h4096 with batch_size=7"
  std::string describe(const std::string& output) const;

 private:
  struct State;
  explicit Problem(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::span<const std::byte> input_bytes(const std::string& name, std::size_t element_size) const;
  void set_input_bytes(const std::string& name, std::span<const std::byte> bytes,
                       std::size_t element_size);
  std::string judge_bytes(const std::string& output, std::span<const std::byte> bytes,
                          std::size_t element_size) const;

  std::shared_ptr<State> state_;
};

}  // namespace fitest
