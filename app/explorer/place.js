// Where one is: all of it stands behind the # of the address, so that every state has a link and the back button works.

/** The present place: `{view, model, node, source, target, k}`, absent ones undefined. A node may be called "". */
export function here() {
  const place = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  return { ...place, view: place.view ?? "node" };
}

/** The address of a place; what is undefined is left out. */
export function address(place) {
  const given = Object.entries(place).filter(([name, value]) => value != null && !(name === "view" && value === "node"));
  return `#${new URLSearchParams(given)}`;
}

/** The address of a node under the model that is being looked at. */
export const addressOf = (node) => address({ model: here().model, node });

export function go(place) {
  location.hash = address(place);
}
