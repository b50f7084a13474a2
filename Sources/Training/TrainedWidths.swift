import Kernels
import NeuralFields

/// The widths that a training's fields are trained in: each scene's whole field, and those nested in it.
///
///     L = L₀ + λ Σₖ Lₖ
///
/// L₀ is the loss of the whole field, Lₖ that of the first wₖ units of its hidden layers, each the mean
/// over rays of its own. All are weights of one field, so that their gradients add up in it. (Yu et al.
/// 2019, slimmable networks, https://arxiv.org/abs/1812.08928.)
struct TrainedWidths: Sendable {
  /// Number 0 is the whole field; then come the narrower ones, the narrowest first.
  let architectures: [FieldArchitecture]
  private let nested: [NestedField]
  private let bound: BoundingBox
  private let precision: FieldPrecision

  init(
    _ configuration: TrainingConfiguration, of architecture: FieldArchitecture,
    over bound: BoundingBox
  ) {
    nested = configuration.nestedWidths.map { NestedField(width: $0, in: architecture) }
    architectures = [architecture] + nested.map(\.architecture)
    self.bound = bound
    precision = configuration.precision
  }

  /// Slices of a narrower field: it has half the rays of the whole one.
  static func narrowSliceCount(perScene: Int) -> Int { max(1, perScene / 2) }

  /// Makes the slices of a step, unless they are there.
  ///
  /// - Parameter perScene: slices of a scene's whole field.
  func prepare(_ slices: inout [TrainingSlice], sceneCount: Int, perScene: Int) {
    let narrowCount = Self.narrowSliceCount(perScene: perScene)
    let numbers = architectures.indices.flatMap {
      [Int](repeating: $0, count: $0 == 0 ? perScene : narrowCount)
    }
    guard slices.count != numbers.count * sceneCount else { return }
    let empty = architectures.map { FieldWeights([Float](repeating: 0, count: $0.layout.count)) }
    slices = (0..<sceneCount).flatMap { scene in
      numbers.enumerated().map { index, width in
        TrainingSlice(scene: scene, index: index, width: width, weightGradient: empty[width])
      }
    }
  }

  /// λ: small, so that the whole field stays what it would be alone.
  private static let narrowWeight: Float = 0.25

  /// The weight of a ray in the loss, by the number of its width.
  ///
  /// - Parameter sliceLength: rays of every slice.
  func rayWeights(sliceLength: Int, sceneCount: Int, perScene: Int) -> [Float] {
    architectures.indices.map { number in
      let count = number == 0 ? perScene : Self.narrowSliceCount(perScene: perScene)
      return (number == 0 ? 1 : Self.narrowWeight) / Float(sliceLength * sceneCount * count)
    }
  }

  /// For each thread a worker for every width.
  func workers(
    _ configuration: TrainingConfiguration, threadCount: Int
  ) -> [[Backpropagation]] {
    (0..<threadCount).map { _ in
      architectures.map { architecture in
        Backpropagation(
          shape: architecture.kernelShape(over: bound),
          samplesPerDiagonal: max(
            configuration.samplesPerDiagonal, configuration.firstSamplesPerDiagonal ?? 0))
      }
    }
  }

  /// The fields of some scenes in all widths, `[scene][number]`.
  ///
  /// - Parameter weights: of the whole fields, one scene's after the other's.
  func fields(of weights: [Float], sceneCount: Int, threadCount: Int) -> [[CoordinateMLP]] {
    let length = architectures[0].layout.count
    let count = architectures.count
    let all = ParallelLoop.map(count: sceneCount * count, threadCount: threadCount) { item in
      let (scene, number) = item.quotientAndRemainder(dividingBy: count)
      let own = weights.span.extracting(scene * length..<(scene + 1) * length)
      return number == 0
        ? CoordinateMLP(
          architecture: architectures[0], bound: bound, weights: own, precision: precision)
        : nested[number - 1].field(of: own, over: bound, precision: precision)
    }
    return (0..<sceneCount).map { Array(all[$0 * count..<($0 + 1) * count]) }
  }

  /// Adds ∂L/∂weights of a width to that of the whole field.
  func add(_ gradient: FieldWeights, ofWidth number: Int, to whole: inout MutableSpan<Float>) {
    if number == 0 {
      whole.add(gradient.values.span)
    } else {
      nested[number - 1].add(gradient, to: &whole)
    }
  }
}

/// A share of one scene's rays of a step, in one width: the unit of parallel work.
struct TrainingSlice {
  /// Among the step's.
  let scene: Int
  /// Among the scene's slices.
  let index: Int
  /// The number of the field's width.
  let width: Int
  var weightGradient: FieldWeights
  var sums = Backpropagation.Sums()
}
