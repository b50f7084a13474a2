import NeuralFields
import VolumeRendering

/// The part of space that a scene can fill, as its silhouettes allow (Laurentini 1994).
///
/// A cell of a grid goes when a picture shows nothing at all where the whole cell appears. So no cell
/// that shows in a picture is lost, up to the silhouettes' own errors. About what lies outside its
/// frame a picture says less: that a thing whose outline keeps clear of a side of the frame does not
/// go on beyond it, unless in pieces. A cell also goes when more than half of the pictures say that.
struct SilhouetteHull {
  private let silhouettes: [Silhouette]

  /// In how many pictures a cell may be empty and still stay.
  ///
  /// A plain background can hide parts of its own colour from some directions: then one is forgiven.
  private let forgivenCount: Int

  /// Pictures that are looked at: more make the hull tighter by less and less.
  static let viewLimit = 24

  init(views: [PosedImage], background: SceneBackground) {
    let selection = SilhouetteHull.spread(views.map(\.camera.position))
    silhouettes = selection.map { Silhouette(of: views[$0], background: background) }
    forgivenCount = background == .transparent || selection.count < 8 ? 0 : 1
  }

  /// The first point, then again and again the one that is farthest from all before it.
  ///
  /// Views from all around come first, the outermost among them, and those contradict each other
  /// soonest: a cell that goes is seldom compared with more than a few pictures.
  private static func spread(_ points: [SIMD3<Float>]) -> [Int] {
    var selection: [Int] = []
    var distances = [Float](repeating: .infinity, count: points.count)
    var next = 0
    while selection.count < min(viewLimit, points.count) {
      selection.append(next)
      for index in points.indices {
        distances[index] = min(distances[index], (points[index] - points[next]).length)
      }
      distances[next] = -1
      for index in points.indices where distances[index] > distances[next] { next = index }
    }
    return selection
  }

  /// The box around what stays of `region`, or nil where nothing stays.
  ///
  /// Each pass divides the box that the one before has found, so that the cells become small next to
  /// the scene though `region` may be far larger.
  func box(within region: BoundingBox) -> BoundingBox? {
    var box = region
    for cellCount in [16, 32, 64] {
      guard let smaller = carve(box, cellCount: cellCount) else { return nil }
      box = smaller
    }
    return box
  }

  /// The box around the cells that stay of `cellCount` cubed.
  ///
  /// From each of the six sides layers are taken off up to the first one with a cell that stays; what
  /// lies inside is never looked at.
  private func carve(_ box: BoundingBox, cellCount: Int) -> BoundingBox? {
    let cell = box.extent / Float(cellCount)
    let outlooks = silhouettes.map { Outlook(silhouette: $0, halfCell: cell * 0.5) }
    var first = SIMD3<Int>(repeating: 0)
    var end = SIMD3<Int>(repeating: cellCount)

    func layerStays(axis: Int, index: Int) -> Bool {
      let (second, third) = ((axis + 1) % 3, (axis + 2) % 3)
      var position = SIMD3<Int>()
      position[axis] = index
      for u in first[second]..<end[second] {
        position[second] = u
        for v in first[third]..<end[third] {
          position[third] = v
          let centre = box.minimum + cell * (SIMD3<Float>(position) + 0.5)
          if stays(centre, outlooks: outlooks) { return true }
        }
      }
      return false
    }

    for axis in 0..<3 {
      while first[axis] < end[axis], !layerStays(axis: axis, index: first[axis]) {
        first[axis] += 1
      }
      guard first[axis] < end[axis] else { return nil }
      while !layerStays(axis: axis, index: end[axis] - 1) { end[axis] -= 1 }
    }
    return BoundingBox(
      atLeastAround: box.minimum + cell * SIMD3<Float>(first),
      box.minimum + cell * SIMD3<Float>(end))
  }

  /// Whether the cell around `centre` stays.
  private func stays(_ centre: SIMD3<Float>, outlooks: [Outlook]) -> Bool {
    var emptyCount = 0
    var beyondCount = 0
    for outlook in outlooks {
      switch outlook.content(around: centre) {
      case .something, .unknown: continue
      case .nothing: emptyCount += 1
      case .beyondFrame: beyondCount += 1
      }
      if emptyCount > forgivenCount || beyondCount * 8 > outlooks.count { return false }
    }
    return true
  }
}

/// A silhouette seen with cells of one size.
private struct Outlook {
  enum Content {
    case nothing, something

    /// Outside the frame, on a side that nothing reaches.
    case beyondFrame
    /// Outside the frame, where things go on.
    case unknown
  }

  private let silhouette: Silhouette

  /// Half the cell's extent along the camera's right, up and backward axes, scene units.
  private let halfExtent: SIMD3<Float>

  init(silhouette: Silhouette, halfCell: SIMD3<Float>) {
    self.silhouette = silhouette
    let camera = silhouette.camera
    halfExtent = [
      (halfCell * camera.right.magnitudes).sum(), (halfCell * camera.up.magnitudes).sum(),
      (halfCell * camera.backward.magnitudes).sum(),
    ]
  }

  /// What the picture shows in the rectangle that the cell around `centre` appears in.
  ///
  /// For a point of the cell, at most (a, b, c) from its centre (X, Y, Z) along the camera's axes,
  ///
  ///     |x′ − x| = |(X + a) / (Z + c) − X / Z| ≤ (a + |X / Z| c) / (Z − c).
  func content(around centre: SIMD3<Float>) -> Content {
    let camera = silhouette.camera
    let offset = centre - camera.position
    let depth = -offset.dot(camera.backward)
    let nearest = depth - halfExtent.z
    // Beside the camera or behind it, where no picture reaches.
    guard nearest > 0.01 * depth else {
      return silhouette.reachedSides.isEmpty ? .beyondFrame : .unknown
    }
    let x = offset.dot(camera.right) / depth
    let y = -offset.dot(camera.up) / depth
    // Half a pixel more, for poses and outlines that are that far off.
    let radiusX = camera.focalX * (halfExtent.x + abs(x) * halfExtent.z) / nearest + 0.25
    let radiusY = camera.focalY * (halfExtent.y + abs(y) * halfExtent.z) / nearest + 0.25
    let column = camera.principalX + camera.focalX * x
    let row = camera.principalY + camera.focalY * y
    return content(
      columns: (column - radiusX)...(column + radiusX), rows: (row - radiusY)...(row + radiusY))
  }

  /// What the picture shows in a rectangle that may reach out of its frame.
  private func content(columns: ClosedRange<Float>, rows: ClosedRange<Float>) -> Content {
    let width = Float(silhouette.camera.width)
    let height = Float(silhouette.camera.height)
    var sides: Silhouette.Sides = []
    if columns.lowerBound < 0 { sides.insert(.left) }
    if columns.upperBound > width { sides.insert(.right) }
    if rows.lowerBound < 0 { sides.insert(.top) }
    if rows.upperBound > height { sides.insert(.bottom) }
    let isFramed =
      columns.lowerBound < width && columns.upperBound > 0 && rows.lowerBound < height
      && rows.upperBound > 0
    if isFramed {
      let framedColumns = columns.clamped(to: 0...width)
      let framedRows = rows.clamped(to: 0...height)
      if !silhouette.isEmpty(columns: framedColumns, rows: framedRows) { return .something }
      if sides.isEmpty { return .nothing }
    }
    return sides.isDisjoint(with: silhouette.reachedSides) ? .beyondFrame : .unknown
  }
}
