/* Arrows walk the cards of a grid of links; Enter is the link's own. */
hk.on("keydown", (event) => {
  const grid = event.target.closest?.("[data-arrows]");
  if (!grid || !event.target.matches("a")) return;
  const cards = hk.all("a", grid);
  const at = cards.indexOf(event.target);
  const across = Math.max(1, cards.findIndex((one) => one.offsetTop !== cards[0].offsetTop));
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
  if (!step || !cards[at + step]) return;
  event.preventDefault();
  cards[at + step].focus();
});
