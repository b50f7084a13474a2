package import Kernels
package import NeuralFields

/// What a training learns of paths whose keys a recurrence makes: the recurrence, and each scene's code.
///
/// The keys stand in the training's table of codes as those of a spline do, so that rendering, saving and
/// going back know nothing of how they came about; they are made anew after every step.
package struct RecurrentPaths: Sendable {
  package var recurrence: CodeRecurrence
  /// The code z of every path's scene, `[paths × code width]`.
  package var codes: [Float]
  package var optimizer: Adam
  package var codeOptimizer: Adam
  /// Those of the model's trajectories whose keys are recurrent, in their order.
  private let paths: [LatentTrajectory]

  /// Of a state that goes on.
  package init(
    of trajectories: [LatentTrajectory], recurrence: CodeRecurrence, codes: [Float],
    optimizer: Adam, codeOptimizer: Adam
  ) {
    paths = Self.recurrent(trajectories)
    precondition(
      codes.count == paths.count * recurrence.codeWidth,
      "found \(codes.count) numbers, expected codes of \(paths.count) scenes")
    self.recurrence = recurrence
    self.codes = codes
    self.optimizer = optimizer
    self.codeOptimizer = codeOptimizer
  }

  /// The beginning of a training: every path's first row is its scene's code.
  ///
  /// - Returns: nil where no trajectory is recurrent.
  package init?(
    of trajectories: [LatentTrajectory], latents: LatentTable, codeDeviation: Float,
    generator: inout SeededGenerator
  ) {
    let paths = Self.recurrent(trajectories)
    guard !paths.isEmpty else { return nil }
    let recurrence = CodeRecurrence(
      codeWidth: latents.width, codeDeviation: codeDeviation, generator: &generator)
    self.init(
      of: paths, recurrence: recurrence,
      codes: paths.flatMap { latents[$0.firstRow].values },
      optimizer: Adam(rowLength: recurrence.parameters.count),
      codeOptimizer: Adam(rowCount: paths.count, rowLength: latents.width))
  }

  package static func recurrent(_ trajectories: [LatentTrajectory]) -> [LatentTrajectory] {
    trajectories.filter { $0.curve == .recurrent }
  }

  /// Whether a row of the table is a key that the recurrence makes.
  package func makes(row: Int) -> Bool { paths.contains { $0.rows.contains(row) } }

  private func path(_ index: Int) -> CodeRecurrence.Path {
    let width = recurrence.codeWidth
    return recurrence.path(
      of: Array(codes[index * width..<(index + 1) * width]), keyCount: paths[index].rowCount)
  }

  /// Puts the keys into the table.
  package func unroll(into latents: inout LatentTable) {
    for (index, path) in paths.enumerated() {
      let first = latents.range(ofRow: path.firstRow).lowerBound
      let keys = self.path(index).keys
      latents.values.replaceSubrange(first..<first + keys.count, with: keys)
    }
  }

  /// Takes one step of Adam for what some rows ask, and makes all keys anew.
  ///
  /// - Parameters:
  ///   - gradients: ∂L/∂row; rows that are no recurrent keys are passed over.
  ///   - learningRate: of the recurrence.
  package mutating func step(
    _ gradients: [(row: Int, gradient: [Float])], learningRate: Float, codeLearningRate: Float,
    latents: inout LatentTable
  ) {
    let width = recurrence.codeWidth
    var asked: [Int: [Float]] = [:]
    for (row, gradient) in gradients {
      guard let index = paths.firstIndex(where: { $0.rows.contains(row) }) else { continue }
      let start = (row - paths[index].firstRow) * width
      asked[
        index, default: [Float](repeating: 0, count: paths[index].rowCount * width)
      ].replaceSubrange(start..<start + width, with: gradient)
    }
    guard !asked.isEmpty else { return }
    var slope = [Float](repeating: 0, count: recurrence.parameters.count)
    var codeSlopes: [(index: Int, slope: [Float])] = []
    for (index, keyGradient) in asked.sorted(by: { $0.key < $1.key }) {
      let own = recurrence.backward(
        path(index), keyGradient: keyGradient, parameterGradient: &slope)
      codeSlopes.append((index, own))
    }
    guard slope.span.hasFiniteSquares, codeSlopes.allSatisfy({ $0.slope.span.hasFiniteSquares })
    else { return }
    optimizer.step(
      &recurrence.parameters, gradient: slope.span, learningRate: learningRate, threadCount: 1)
    for (index, own) in codeSlopes {
      codeOptimizer.step(
        &codes, row: index, gradient: own.span, learningRate: codeLearningRate, threadCount: 1)
    }
    unroll(into: &latents)
  }
}
