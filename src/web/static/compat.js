// Read only by browsers that know no modules: they cannot show these pages.
if (location.pathname !== '/compat') {
  location.replace('/compat');
}
