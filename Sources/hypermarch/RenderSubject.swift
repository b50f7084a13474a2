import Checkpoints
import Datasets
import Kernels
import NeuralFields
import VolumeRendering

/// What is to be rendered: a scene of a model, or an analytic scene; both are radiance fields.
struct RenderSubject {
  let name: String
  /// The view when none is asked for.
  let camera: Camera
  /// The point that orbiting cameras look at.
  let target: SIMD3<Float>
  /// The distance before which nothing is seen, scene units.
  let near: Float
  /// Makes the field, for a model by one pass of the hypernetwork, and its occupancy grid.
  ///
  /// An analytic scene is computed in single precision whatever is asked for.
  let prepare:
    (_ gridResolution: Int, _ precision: FieldPrecision) -> (
      field: any RadianceField, grid: OccupancyGrid
    )

  /// Reads a model, or a scene description, which a path ending in `.json` names.
  init(path: String, scene: String?, threadCount: Int) throws {
    if path.hasSuffix(".json") {
      try self.init(description: path, camera: scene, threadCount: threadCount)
    } else {
      try self.init(model: path, scene: scene, threadCount: threadCount)
    }
  }

  private init(model path: String, scene: String?, threadCount: Int) throws {
    let checkpoint = try CommandFailure.wrapping { try Checkpoint.read(path) }
    let (name, code) = try checkpoint.code(ofScene: scene)
    self.name = name
    camera = checkpoint.configuration.defaultView.camera
    target = checkpoint.configuration.defaultView.target
    near = checkpoint.configuration.near
    prepare = { resolution, precision in
      let field = checkpoint.field(for: code, precision: precision, threadCount: threadCount)
      return (
        field, OccupancyGrid(of: field, resolution: resolution, threadCount: threadCount)
      )
    }
  }

  /// An analytic scene has no scenes inside: `--scene` chooses one of its cameras.
  private init(description path: String, camera name: String?, threadCount: Int) throws {
    let description = try CommandFailure.wrapping { try SceneDescription(contentsOf: path) }
    let chosen = name.map { description.camera(named: $0) } ?? description.defaultCamera
    guard let chosen else {
      let names = description.cameras.map(\.name)
      let hint = name?.nearest(among: names).map { ": is \($0) meant?" } ?? ""
      throw CommandFailure(
        "--scene: found no camera named \(name ?? "") in \(path), expected one of its "
          + "\(names.count)\(hint)", .missingInput)
    }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    self.name = String(file.dropLast(5))
    camera = chosen.camera(width: 400, height: 400)
    target = description.bound.centre
    near = 0
    prepare = { resolution, _ in
      let field = AnalyticField(description)
      return (field, field.occupancyGrid(resolution: resolution, threadCount: threadCount))
    }
  }
}
