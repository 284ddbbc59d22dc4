// A molecule to turn and zoom, by 3Dmol: loaded only where there is one.
import { useEffect, useRef, useState } from "react";
import type { Molecule } from "./molecule.ts";

export function MoleculeView({ molecule }: { molecule: Molecule }) {
  const place = useRef<HTMLDivElement>(null);
  const [error, setError] = useState("");
  const { xyz, formula, thin } = molecule;
  useEffect(() => {
    let wanted = true;
    let clear: () => void = () => undefined;
    import("3dmol")
      .then(({ createViewer }) => {
        const element = place.current;
        if (!wanted || !element) return;
        const background = getComputedStyle(element).backgroundColor;
        const viewer = createViewer(element, { backgroundColor: background });
        viewer.addModel(xyz, "xyz");
        viewer.setStyle({}, { stick: { radius: 0.13 }, sphere: { scale: 0.25 } });
        if (thin === "x") viewer.rotate(90, "y");
        if (thin === "y") viewer.rotate(90, "x");
        viewer.zoomTo();
        viewer.zoom(1.15);
        viewer.render();
        clear = () => viewer.clear();
      })
      .catch((failure: Error) => setError(failure.message));
    return () => {
      wanted = false;
      clear();
    };
  }, [xyz, thin]);
  if (error) return <p className="empty">The molecule cannot be drawn: {error}</p>;
  return <div ref={place} className="molecule" role="img" aria-label={`The molecule ${formula}`} />;
}
