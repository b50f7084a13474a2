import Kernels
package import NeuralFields

/// Renders pictures: tiles in parallel, band after band from the top.
///
/// A band is as many whole rows of tiles as a fixed number of pixels allows, so that memory does not
/// grow with the picture.
package struct Renderer: Sendable {
  package let settings: RenderSettings

  /// Pixels in one band, at most, unless a single row has more.
  package let bandPixelLimit: Int

  /// - Parameter bandPixelLimit: changes no pixel; by default about 64 MiB while a band is under way.
  package init(settings: RenderSettings, bandPixelLimit: Int = 1 << 19) {
    precondition(bandPixelLimit > 0, "found a band of \(bandPixelLimit) pixels, expected some")
    self.settings = settings
    self.bandPixelLimit = bandPixelLimit
  }

  /// Renders what a camera sees of a field.
  ///
  /// - Parameter grid: the field's occupancy; cells that are not occupied are never sampled.
  package func render(
    _ field: any RadianceField, camera: Camera, grid: OccupancyGrid
  ) -> RenderedImage {
    var image: RenderedImage?
    renderBands(of: field, camera: camera, grid: grid) { band in
      if image == nil { image = band } else { image?.append(band) }
    }
    guard let image else { preconditionFailure("found an empty picture, expected pixels") }
    return image
  }

  /// Renders what a camera sees of a field, and hands on each band of rows, the top one first, before
  /// the next is begun.
  ///
  /// Rows are the same in bands of any height.
  ///
  /// - Parameters:
  ///   - grid: the field's occupancy; cells that are not occupied are never sampled.
  ///   - body: called with each band; what it throws ends the rendering.
  /// - Returns: the work behind all bands.
  @discardableResult
  package func renderBands<Failure: Error>(
    of field: any RadianceField, camera: Camera, grid: OccupancyGrid,
    _ body: (RenderedImage) throws(Failure) -> Void
  ) throws(Failure) -> RenderStatistics {
    var marchers = makeMarchers()
    var statistics = RenderStatistics()
    for rows in bands(of: camera) {
      let tiles = Tile.covering(
        width: camera.width, rows: rows, tileWidth: settings.tileSize,
        tileHeight: tileHeight(width: camera.width))
      var band = RenderedImage(
        width: camera.width, height: rows.count, hasNormals: settings.makesNormals)
      let images = ParallelLoop.map(count: tiles.count, workspaces: &marchers) { index, marcher in
        RenderedImage(marcher.march(tiles[index], camera: camera, field: field, grid: grid))
      }
      for (tile, image) in zip(tiles, images) {
        band.insert(image, at: tile, firstRow: rows.lowerBound)
      }
      statistics += band.statistics
      try body(band)
    }
    return statistics
  }

  /// One marcher per thread.
  func makeMarchers() -> [RayMarcher] {
    ParallelLoop.workspaces(threadCount: settings.threadCount) { RayMarcher(settings: settings) }
  }

  /// Rows of a tile: fewer than columns where a row of square tiles would be more than a band.
  private func tileHeight(width: Int) -> Int {
    min(settings.tileSize, max(1, bandPixelLimit / width))
  }

  /// The rows of a band: whole rows of tiles.
  func bandHeight(width: Int) -> Int {
    let tileHeight = tileHeight(width: width)
    return max(1, bandPixelLimit / width / tileHeight) * tileHeight
  }

  /// The rows of a picture's bands: whole rows of tiles.
  package func bands(of camera: Camera) -> [Range<Int>] {
    let bandHeight = bandHeight(width: camera.width)
    return stride(from: 0, to: camera.height, by: bandHeight).map {
      $0..<min($0 + bandHeight, camera.height)
    }
  }
}
