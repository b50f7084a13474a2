import NeuralFields

/// A snapshot's recurrence, to and from the tensors of its file.
extension TrainingSnapshot.Recurrence {
  private static let prefix = "recurrence."
  /// Numbers up to which a `Float` counts exactly.
  private static let countRange: ClosedRange<Float> = 0...0x1p24

  /// - Parameter prefix: before all names.
  func tensors(prefix: String) -> [Tensor] {
    func tensor(_ name: String, _ values: [Float]) -> Tensor {
      Tensor(name: prefix + Self.prefix + name, shape: [values.count], values: values)
    }
    return [
      tensor("parameters", parameters), tensor("codes", codes),
      tensor("first_moment", firstMoment), tensor("second_moment", secondMoment),
      tensor("code_first_moment", codeFirstMoment), tensor("code_second_moment", codeSecondMoment),
      tensor("steps", ([step] + codeSteps).map(Float.init)),
    ]
  }

  /// Takes the tensors of a model's recurrence; nil where none of its paths is recurrent.
  init?(
    of configuration: ModelConfiguration, tensors: inout TensorTable, prefix: String
  ) throws(CheckpointError) {
    let count = (configuration.motion ?? []).count { $0.curve == .recurrent }
    guard count > 0 else { return nil }
    let width = configuration.hypernetwork.latentWidth
    let shape = [
      CodeRecurrence.parameterCount(
        codeWidth: width, stateWidth: CodeRecurrence.defaultStateWidth)
    ]
    let codeShape = [count * width]
    let squares = 0...Float.greatestFiniteMagnitude
    let name = prefix + Self.prefix
    let steps = try tensors.take(name + "steps", shape: [1 + count], in: Self.countRange)
    self.init(
      parameters: try tensors.take(name + "parameters", shape: shape),
      codes: try tensors.take(name + "codes", shape: codeShape),
      firstMoment: try tensors.take(name + "first_moment", shape: shape),
      secondMoment: try tensors.take(name + "second_moment", shape: shape, in: squares),
      codeFirstMoment: try tensors.take(name + "code_first_moment", shape: codeShape),
      codeSecondMoment: try tensors.take(
        name + "code_second_moment", shape: codeShape, in: squares),
      step: Int(steps[0]), codeSteps: steps.dropFirst().map { Int($0) })
  }
}
