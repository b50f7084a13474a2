package import NeuralFields
package import VolumeRendering

/// How a scene lies in space: its size, which way is up, and how far its cameras stand.
///
/// Scenes of one model share these. One of another scale or of other axes may fit into a model's bound all the
/// same, and then costs the scenes that are there.
package struct ScenePlacement: Sendable, Hashable {
  /// The box around what the silhouettes allow, scene units; nil where there are none.
  package let box: BoundingBox?
  /// The mean of the cameras' upward axes: short where they look from all sides or straight down.
  package let up: SIMD3<Float>
  /// The cameras' mean distance from what they look at, scene units.
  package let distance: Float
  /// Whether so many views tell where the scene ends that the box is hardly larger than the scene.
  private let isTight: Bool

  /// Views from which a hull is hardly larger than what it holds.
  private static let tightViewCount = 8

  /// - Precondition: the scene has a view.
  package init(of scene: SceneDataset) {
    let views = scene.guidingViews
    let bound = SceneBound(of: scene)
    box = bound.source == .silhouettes ? bound.box : nil
    isTight = views.count >= Self.tightViewCount
    let cameras = views.map(\.camera)
    let rig = CameraRig(cameras)
    let count = Float(cameras.count)
    up = cameras.reduce(SIMD3<Float>()) { $0 + $1.up / count }
    distance = rig.distances(from: rig.meetingPoint ?? bound.box.centre).reduce(0, +) / count
  }

  /// What tells a data set of other scale or axes.
  package enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
    /// `up` is the axis of the world that the model's view has upwards, with its sign.
    case otherAxes(found: SIMD3<Float>, up: String)
    /// Diagonals, scene units.
    case tooSmall(found: Float, bound: Float)
    case tooLarge(axis: String, found: Float, bound: Float)

    package var description: String {
      switch self {
      case .otherAxes(let found, let up):
        "found cameras whose upward axes point along (\(Self.text(found.x)), \(Self.text(found.y)), "
          + "\(Self.text(found.z))) in the mean, expected \(up), as of the model's view"
      case .tooSmall(let found, let bound):
        "found \(Self.text(found)) across what its silhouettes show, expected about \(Self.text(bound)), "
          + "as of the model's bound"
      case .tooLarge(let axis, let found, let bound):
        "found \(Self.text(found)) along \(axis) in its silhouettes, expected up to \(Self.text(bound)), "
          + "as of the model's bound"
      }
    }

    /// Two digits behind the point.
    private static func text(_ value: Float) -> String { "\((100 * value).rounded() / 100)" }
  }

  /// Scenes of a model were down to 0.7 across of its bound, and up to 1.07 of it along an axis, in data sets
  /// of cars and of aircraft; one of half their scale is 0.45 across at most.
  private static let leastShare: Float = 0.5
  private static let largestShare: Float = 1.15
  /// Where the cameras stand nearer by as much, the scale is another though more is filled.
  private static let leastShareWithCameras: Float = 0.65
  private static let leastDistanceShare: Float = 0.75

  /// Refuses a scene that lies otherwise than those of a model.
  ///
  /// - Parameters:
  ///   - bound: the model's.
  ///   - view: its own, and `target` the point that it looks at.
  package func check(
    within bound: BoundingBox, view: Camera, target: SIMD3<Float>
  ) throws(Fault) {
    // A photographed place may be looked at anyhow.
    guard let box else { return }
    let axis = Self.nearestAxis(to: view.up)
    if up.length > 0.3, up.normalised.dot(axis.direction) < 0.7 {
      throw .otherAxes(found: up.normalised, up: axis.name)
    }
    let share = box.diagonal / bound.diagonal
    let isNear = distance < Self.leastDistanceShare * (view.position - target).length
    if share < (isNear ? Self.leastShareWithCameras : Self.leastShare) {
      throw .tooSmall(found: box.diagonal, bound: bound.diagonal)
    }
    guard isTight else { return }
    for (index, name) in ["x", "y", "z"].enumerated()
    where box.extent[index] > Self.largestShare * bound.extent[index] {
      throw .tooLarge(axis: name, found: box.extent[index], bound: bound.extent[index])
    }
  }

  /// The world's axis, or its opposite, that a direction is nearest to.
  private static func nearestAxis(
    to direction: SIMD3<Float>
  ) -> (name: String, direction: SIMD3<Float>) {
    var index = 0
    for other in 1..<3 where abs(direction[other]) > abs(direction[index]) { index = other }
    var axis = SIMD3<Float>()
    axis[index] = direction[index] < 0 ? -1 : 1
    return ((direction[index] < 0 ? "-" : "+") + ["x", "y", "z"][index], axis)
  }
}
