import Foundation

/// Initial scales that give the *generated* network the statistics of a well-initialised one.
///
/// A target layer of fan-in n wants weights of variance 2/n before a ReLU and 1/n before an output
/// (He et al. 2015, eq. 10, https://arxiv.org/abs/1502.01852); biases of zero. Write v for that
/// variance. Initialising a hypernetwork's own layers that way would instead give every generated
/// weight the variance of the features (Chang, Flokas and Lipson 2020, sec. 4,
/// https://openreview.net/forum?id=H1lma24tPB), so the scales are derived from the target:
///
/// - Trunk: leaky ReLU of slope a keeps the second moment when its weights have variance
///   2 / ((1 + a²) · inputs) and its biases are zero. So features h of length H have
///   E[h²] = s², s the standard deviation of the codes.
/// - A generated weight is w = base + Σⱼ Wⱼ hⱼ, whose second part has variance H · Var(W) · s². The base
///   carries v; the scene's part shall begin at a share ρ of its standard deviation, large enough to
///   tell scenes apart at once and small enough to leave all fields near a common start, which keeps
///   interpolation smooth. Hence Var(W) = ρ² v / (H s²).
/// - With a generated bias of the same layer the hyperfan rule halves the variance; biases here begin at
///   zero with a scene's part of ρ² v, which changes a layer's sums by a share below 1/n and needs none.
enum HypernetworkInitialization {
  /// ρ: the scene's share of a generated weight's standard deviation at the start.
  static let sceneShare: Float = 0.1

  /// a: the slope of the trunk's leaky ReLU.
  static let negativeSlope: Float = 0.1

  /// √(2 / ((1 + a²) n)) for a trunk layer with n inputs.
  static func trunkDeviation(inputs: Int) -> Float {
    (2 / ((1 + negativeSlope * negativeSlope) * Float(inputs))).squareRoot()
  }

  /// √v for the weights of the layer that a target tensor belongs to.
  ///
  /// - Parameters:
  ///   - inputs: the layer's fan-in n.
  ///   - feedsOutput: whether no ReLU follows.
  static func targetDeviation(inputs: Int, feedsOutput: Bool) -> Float {
    ((feedsOutput ? 1 : 2) / Float(inputs)).squareRoot()
  }

  /// ρ √v / (√H s), the deviation of a head's weights.
  static func headDeviation(
    target: Float, featureWidth: Int, latentDeviation: Float
  ) -> Float {
    sceneShare * target / (Float(featureWidth).squareRoot() * latentDeviation)
  }
}

/// One tensor of the target network, as initialisation sees it.
struct TargetTensor: Sendable, Hashable {
  let entry: ParameterLayout.Entry
  let isMatrix: Bool
  /// √v of its layer.
  let deviation: Float

  /// Reads the tensors of a layout of alternating matrices and biases.
  ///
  /// The last layer is an output, and so is every layer of a single row (a density).
  static func tensors(of layout: ParameterLayout) -> [TargetTensor] {
    let lastMatrix = layout.entries.last { $0.shape.count == 2 }
    var deviation: Float = 1
    return layout.entries.map { entry in
      if entry.shape.count == 2 {
        deviation = HypernetworkInitialization.targetDeviation(
          inputs: entry.shape[1], feedsOutput: entry == lastMatrix || entry.shape[0] == 1)
      }
      return TargetTensor(entry: entry, isMatrix: entry.shape.count == 2, deviation: deviation)
    }
  }
}
